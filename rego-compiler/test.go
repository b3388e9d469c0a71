package main

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// testResult is the outcome of one test rule, or of one case of a rule that makes several.
type testResult struct {
	Package  string   `json:"package"`
	Name     string   `json:"name"`
	Case     []string `json:"case,omitempty"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Outcome  string   `json:"outcome"`  // passed, failed, errored or skipped
	Duration float64  `json:"duration"` // milliseconds; of the whole rule
	Failure  *failure `json:"failure,omitempty"`
	Output   string   `json:"output,omitempty"` // what print wrote
}

// failure tells why: an error's message, or the expression that was not true over the values of its variables.
type failure struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// runTests evaluates every rule whose name begins with test_, in the order of the source.
func runTests(files []sourceFile) (answer, error) {
	caps, err := testCapabilities()
	if err != nil {
		return answer{}, err
	}
	loaded, err := load(files, caps)
	if err != nil {
		return answer{}, err
	}
	ctx := context.Background()
	store := newStore(loaded)
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return answer{}, err
	}
	defer store.Abort(ctx, txn)

	results, err := tester.NewRunner().
		SetCompiler(newCompiler(caps, storage.NonEmpty(ctx, store, txn)).
			WithEnablePrintStatements(true).
			WithRewriteTestRules(true)).
		SetStore(store).
		SetModules(loaded.ParsedModules()).
		EnableTracing(true).
		SetParallel(1). // WASI has one thread
		RunTests(ctx, txn)
	if err != nil {
		return answer{}, err
	}
	var tests []testResult
	for result := range results {
		tests = append(tests, describe(result)...)
	}
	slices.SortStableFunc(tests, func(a, b testResult) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return answer{Tests: tests}, nil
}

// testCapabilities adds what the tester inserts and what authors debug with; neither can reach a bundle.
func testCapabilities() (*ast.Capabilities, error) {
	caps, err := capabilities()
	if err != nil {
		return nil, err
	}
	caps.Builtins = append(caps.Builtins, ast.Print, ast.InternalPrint, ast.InternalTestCase)
	return caps, nil
}

func describe(result *tester.Result) []testResult {
	whole := testResult{
		Package:  strings.TrimPrefix(result.Package, "data."),
		Name:     result.Name,
		File:     result.Location.File,
		Line:     result.Location.Row,
		Duration: float64(result.Duration.Microseconds()) / 1000,
		Output:   strings.TrimSpace(string(result.Output)),
	}
	switch {
	case result.Skip:
		whole.Outcome = "skipped"
	case result.Error != nil:
		whole.Outcome, whole.Failure = "errored", &failure{whole.File, whole.Line, result.Error.Error()}
	case len(result.SubResults) > 0:
		return describeCases(whole, result.SubResults)
	case result.Fail:
		whole.Outcome, whole.Failure = "failed", failedExpression(result.Trace)
	default:
		whole.Outcome = "passed"
	}
	return []testResult{whole}
}

func describeCases(whole testResult, cases tester.SubResultMap) []testResult {
	var results []testResult
	for name, sub := range cases.Iter {
		if len(sub.SubResults) > 0 {
			continue // its own cases follow
		}
		one := whole
		one.Case, one.Outcome = name, "passed"
		if sub.Fail {
			one.Outcome, one.Failure = "failed", failedExpression(sub.Trace)
		}
		if len(results) > 0 {
			one.Output = "" // belongs to the rule: tell it once
		}
		results = append(results, one)
	}
	return results
}

// failedExpression finds the last expression that failed, which is the one nearest to the test itself.
func failedExpression(trace []*topdown.Event) *failure {
	for _, event := range slices.Backward(trace) {
		if event.Op != topdown.FailOp || event.Location == nil || event.QueryID == 0 {
			continue
		}
		if expr, ok := event.Node.(*ast.Expr); ok {
			if _, every := expr.Terms.(*ast.Every); every {
				continue // what failed is inside it
			}
		}
		var text bytes.Buffer
		if err := topdown.PrettyEvent(&text, event, topdown.PrettyEventOpts{PrettyVars: true}); err != nil {
			text.Reset()
			text.Write(event.Location.Text)
		}
		return &failure{event.Location.File, event.Location.Row, strings.TrimRight(text.String(), "\n")}
	}
	return nil
}
