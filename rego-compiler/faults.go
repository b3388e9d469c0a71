package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
)

// fault is one mistake in a policy. Lines and columns count from 1, columns in characters; a fault of the folder
// as a whole has no file and line 0.
type fault struct {
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Column  int      `json:"column"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []string `json:"details,omitempty"`
}

// faultsOf lists every mistake that an error tells of, in the order of the source.
func faultsOf(err error, files []sourceFile) []fault {
	faults := collect(err, files)
	slices.SortStableFunc(faults, func(a, b fault) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return faults
}

func collect(err error, files []sourceFile) []fault {
	var parts []error
	switch err := err.(type) {
	case *ast.Error:
		return []fault{regoFault(err)}
	case ast.Errors:
		for _, e := range err {
			parts = append(parts, e)
		}
	case loader.Errors:
		parts = err
	case interface{ Unwrap() []error }:
		parts = err.Unwrap()
	default:
		return []fault{dataFault(err, files)}
	}
	var faults []fault
	for _, part := range parts {
		faults = append(faults, collect(part, files)...)
	}
	return faults
}

func regoFault(err *ast.Error) fault {
	f := fault{Code: err.Code, Message: err.Message}
	if err.Location != nil {
		f.File, f.Line, f.Column = err.Location.File, max(err.Location.Row, 1), max(err.Location.Col, 1)
	}
	// OPA places some conflicts at the package clause, and where they are in the message.
	if match := foundAt.FindStringSubmatch(f.Message); match != nil {
		f.File, f.Column = match[1], 1
		f.Line, _ = strconv.Atoi(match[2])
	}
	// A parser's details are the source line and a caret, which the host prints for every fault.
	if _, parser := err.Details.(*ast.ParserErrorDetail); err.Details != nil && !parser {
		f.Details = err.Details.Lines()
	}
	return f
}

var foundAt = regexp.MustCompile(`found at .*?([^ ,]+):(\d+)$`)

var yamlLine = regexp.MustCompile(`\bline (\d+)`)

// dataFault places an error that is not of Rego. The loader begins its messages with the file's path.
func dataFault(err error, files []sourceFile) fault {
	for _, f := range files {
		message, ok := strings.CutPrefix(err.Error(), f.Path+": ")
		if !ok {
			continue
		}
		result := fault{File: f.Path, Line: 1, Column: 1, Code: "data_error", Message: message}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			result.Line, result.Column = position(f.Text, int(syntax.Offset)-1)
		} else if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			result.Line, result.Column = position(f.Text, len(strings.TrimSpace(f.Text)))
		} else if match := yamlLine.FindStringSubmatch(message); match != nil {
			result.Line, _ = strconv.Atoi(match[1])
		}
		return result
	}
	return fault{Code: "policy_error", Message: err.Error()}
}

// position turns a byte offset into a line and a column in characters.
func position(text string, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[lineStart:]) + 1
}
