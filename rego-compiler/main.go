// Command rego-compiler is OPA's compiler, tester, checker and formatter as one WASI program.
//
// It reads one request as JSON from standard input and writes one answer as JSON to standard output. It opens
// no files: the host sends the policy folder's text, so the program needs no preopened directory at all.
// A faulty policy is an answer; a non-zero exit status is a fault of the program or of its host.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// request is what the host asks for: a verb and the files of a policy folder.
type request struct {
	Verb  string       `json:"verb"`
	Files []sourceFile `json:"files"`
}

// sourceFile is a .rego, data.json or data.yaml file; its path is relative to the folder, with slashes.
type sourceFile struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// answer holds the faults, or what the verb gives when there are none.
type answer struct {
	Faults []fault      `json:"faults,omitempty"`
	Bundle []byte       `json:"bundle,omitempty"` // base64 in JSON
	Tests  []testResult `json:"tests,omitempty"`
	Files  []sourceFile `json:"files,omitempty"` // those that formatting changes, as they should be
}

var verbs = map[string]func([]sourceFile) (answer, error){
	"build": buildBundle,
	"check": checkStrictly,
	"test":  runTests,
	"fmt":   formatFiles,
}

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	var req request
	if err := json.NewDecoder(in).Decode(&req); err != nil {
		return fmt.Errorf("unreadable request: %w", err)
	}
	verb, ok := verbs[req.Verb]
	if !ok {
		return fmt.Errorf("unknown verb %q", req.Verb)
	}
	result, err := verb(req.Files)
	if err != nil {
		result = answer{Faults: faultsOf(err, req.Files)}
	}
	return json.NewEncoder(out).Encode(result)
}
