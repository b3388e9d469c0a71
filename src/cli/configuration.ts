/** What every command reads unless told otherwise. */
export const CONFIG_FILE = 'fullmakt.yaml';

/** Exit status of a faulty configuration (EX_CONFIG of sysexits.h). */
export const FAULTY_CONFIGURATION = 78;
