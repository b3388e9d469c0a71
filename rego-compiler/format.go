package main

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/loader"
)

// formatFiles answers the modules that are not in OPA's format, formatted. It parses with all of OPA's features:
// whether a policy may use them is checkStrictly's to say.
func formatFiles(files []sourceFile) (answer, error) {
	var changed []sourceFile
	var faults loader.Errors
	for _, f := range files {
		if !strings.HasSuffix(f.Path, ".rego") {
			continue
		}
		formatted, err := format.SourceWithOpts(f.Path, []byte(f.Text), format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			faults = append(faults, err)
		} else if text := string(formatted); text != f.Text {
			changed = append(changed, sourceFile{Path: f.Path, Text: text})
		}
	}
	if len(faults) > 0 {
		return answer{}, faults
	}
	return answer{Files: changed}, nil
}
