package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/util"
)

const policyPackage = "fullmakt"

// The rules that the sidecar evaluates, in package fullmakt.
var entrypointRules = []string{"request", "items"}

// buildBundle compiles the policy to Wasm and returns OPA's bundle. Tests stay out. The same files give the same
// bytes: the revision is a digest of the bundle itself.
func buildBundle(files []sourceFile) (answer, error) {
	caps, err := capabilities()
	if err != nil {
		return answer{}, err
	}
	files = slices.DeleteFunc(slices.Clone(files), func(f sourceFile) bool {
		return strings.HasSuffix(f.Path, "_test.rego")
	})
	loaded, err := load(files, caps)
	if err != nil {
		return answer{}, err
	}
	// compile.Build stops at the first of some faults, and tells nothing of input.now: compile here first.
	compiled, err := compileModules(loaded, caps, false)
	if err != nil {
		return answer{}, err
	}
	if err := requireEntrypoints(compiled); err != nil {
		return answer{}, err
	}
	built, err := compileToWasm(loaded, caps)
	if err != nil {
		return answer{}, err
	}
	built.Manifest.Metadata = map[string]any{policyPackage: map[string]any{"readsNow": readsNow(compiled)}}
	packed, err := pack(built)
	if err != nil {
		return answer{}, err
	}
	digest := sha256.Sum256(packed)
	built.Manifest.Revision = hex.EncodeToString(digest[:])
	packed, err = pack(built)
	return answer{Bundle: packed}, err
}

func requireEntrypoints(compiled *ast.Compiler) error {
	var missing ast.Errors
	for _, rule := range entrypointRules {
		ref := ast.Ref{ast.DefaultRootDocument, ast.StringTerm(policyPackage), ast.StringTerm(rule)}
		if len(compiled.GetRules(ref)) == 0 {
			missing = append(missing, ast.NewError("entrypoint_missing", packageClause(compiled),
				"package %s has no rule %q, which the sidecar evaluates as %s/%s",
				policyPackage, rule, policyPackage, rule))
		}
	}
	if len(missing) > 0 {
		return missing
	}
	return nil
}

// packageClause is where a missing rule might have stood; nil if no file is of the policy's package.
func packageClause(compiled *ast.Compiler) *ast.Location {
	path := ast.Ref{ast.DefaultRootDocument, ast.StringTerm(policyPackage)}
	for _, name := range util.KeysSorted(compiled.Modules) {
		if clause := compiled.Modules[name].Package; clause.Path.Equal(path) {
			return clause.Location
		}
	}
	return nil
}

func compileToWasm(loaded *loader.Result, caps *ast.Capabilities) (*bundle.Bundle, error) {
	source := &bundle.Bundle{Data: loaded.Documents}
	source.SetRegoVersion(ast.RegoV1)
	source.Manifest.Init()
	for _, name := range util.KeysSorted(loaded.Modules) {
		module := loaded.Modules[name]
		source.Modules = append(source.Modules, bundle.ModuleFile{URL: name, Path: name, Parsed: module.Parsed, Raw: module.Raw})
	}
	compiler := compile.New().
		WithBundle(source).
		WithCapabilities(caps).
		WithRegoVersion(ast.RegoV1).
		WithTarget(compile.TargetWasm)
	for _, rule := range entrypointRules {
		compiler.WithEntrypoints(policyPackage + "/" + rule)
	}
	if err := compiler.Build(context.Background()); err != nil {
		return nil, err
	}
	return compiler.Bundle(), nil
}

func pack(b *bundle.Bundle) ([]byte, error) {
	var out bytes.Buffer
	err := bundle.NewWriter(&out).Write(*b)
	return out.Bytes(), err
}

// readsNow tells whether a decision may depend on input.now. Any use of input as a whole, or of a member whose
// name is computed, counts: the host keeps the answers of such a policy for one second at most.
func readsNow(compiled *ast.Compiler) bool {
	found := false
	for _, module := range compiled.Modules {
		ast.WalkRefs(module, func(ref ast.Ref) bool {
			if ref[0].Equal(ast.InputRootDocument) {
				if len(ref) == 1 {
					found = true
				} else if name, constant := ref[1].Value.(ast.String); !constant || name == "now" {
					found = true
				}
			}
			return false
		})
	}
	return found
}
