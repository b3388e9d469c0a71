package main

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/storage"
)

// checkStrictly compiles all modules, tests too, with OPA's strict checks (unused variables and imports, shadowed
// input and data). Calls of print are erased, as building does.
func checkStrictly(files []sourceFile) (answer, error) {
	caps, err := capabilities()
	if err != nil {
		return answer{}, err
	}
	loaded, err := load(files, caps)
	if err != nil {
		return answer{}, err
	}
	_, err = compileModules(loaded, caps, true)
	return answer{}, err
}

// compileModules gives the compiled modules, or every fault in them.
func compileModules(loaded *loader.Result, caps *ast.Capabilities, strict bool) (*ast.Compiler, error) {
	ctx := context.Background()
	store := newStore(loaded)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer store.Abort(ctx, txn)
	compiler := newCompiler(caps, storage.NonEmpty(ctx, store, txn)).WithStrict(strict)
	compiler.Compile(loaded.ParsedModules())
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return compiler, nil
}
