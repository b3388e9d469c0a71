package main

import (
	"bytes"
	_ "embed"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// What the evaluator, opa-wasm, can do; scripts/build-rego-compiler.ts derives it. A policy that calls a built-in
// that is not listed fails to compile, at the line of the call.
//
//go:embed capabilities.json
var capabilitiesJSON []byte

func capabilities() (*ast.Capabilities, error) {
	return ast.LoadCapabilitiesJSON(bytes.NewReader(capabilitiesJSON))
}

// load parses the modules and merges the data documents, each under the path of its folder.
func load(files []sourceFile, caps *ast.Capabilities) (*loader.Result, error) {
	folder := fstest.MapFS{}
	for _, f := range files {
		folder[f.Path] = &fstest.MapFile{Data: []byte(f.Text)}
	}
	return loader.NewFileLoader().
		WithFS(folder).
		WithCapabilities(caps).
		WithRegoVersion(ast.RegoV1).
		WithProcessAnnotation(true).
		Filtered([]string{"."}, nil)
}

// newCompiler makes a compiler that reports every fault, also a rule and a data document at the same path.
func newCompiler(caps *ast.Capabilities, conflicts func([]string) (bool, error)) *ast.Compiler {
	return ast.NewCompiler().
		SetErrorLimit(0).
		WithCapabilities(caps).
		WithDefaultRegoVersion(ast.RegoV1).
		WithPathConflictsCheck(conflicts).
		WithUseTypeCheckAnnotations(true)
}

// newStore returns the data documents as a store.
func newStore(loaded *loader.Result) storage.Store {
	return inmem.NewFromObject(loaded.Documents)
}
