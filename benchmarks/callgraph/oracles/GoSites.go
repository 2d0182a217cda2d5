// Call sites of Go packages as go/types sees them, in the oracles' format (see verdicts.py). Standard library only.
//
//	go run GoSites.go OUT.json ./...        inside a module or a workspace
//
// Dependencies are read from the build cache's export data (`go list -export`), the named packages from source. A method of an
// interface stands for itself. `sites` says which written calls leave the named packages and which go through a variable.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

type listed struct {
	ImportPath, Dir, Export string
	GoFiles, CgoFiles       []string
	DepOnly                 bool
	ImportMap               map[string]string
}

type report struct {
	Tool     string                 `json:"tool"`
	LineBase int                    `json:"line_base"`
	Columns  string                 `json:"columns"`
	Edges    [][]interface{}        `json:"edges"`
	Sites    map[string]interface{} `json:"sites"`
	roots    []string
}

func main() {
	packages, err := list(os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	exports := map[string]string{}
	out := &report{Tool: "go/types", Columns: "name", Edges: [][]interface{}{}, Sites: map[string]interface{}{}}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
		if !p.DepOnly {
			out.roots = append(out.roots, p.Dir)
		}
	}
	fset := token.NewFileSet()
	failed := 0
	for _, p := range packages {
		if !p.DepOnly {
			failed += check(fset, p, exports, out)
		}
	}
	encoded, _ := json.Marshal(out)
	if err := os.WriteFile(os.Args[1], encoded, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d packages, %d type errors, %d edges, %d other sites\n", len(out.roots), failed, len(out.Edges), len(out.Sites))
}

func list(patterns []string) ([]listed, error) {
	command := exec.Command("go", append([]string{"list", "-e", "-export", "-deps", "-json"}, patterns...)...)
	command.Stderr = io.Discard
	pipe, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	var found []listed
	for decoder := json.NewDecoder(pipe); ; {
		var p listed
		if err := decoder.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	_ = command.Wait()
	return found, nil
}

func check(fset *token.FileSet, p listed, exports map[string]string, out *report) int {
	var files []*ast.File
	for _, name := range append(append([]string{}, p.GoFiles...), p.CgoFiles...) {
		if file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution); err == nil {
			files = append(files, file)
		}
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	failed := 0
	lookup := func(path string) (io.ReadCloser, error) {
		if mapped := p.ImportMap[path]; mapped != "" {
			path = mapped
		}
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	}
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", lookup), FakeImportC: true, Error: func(error) { failed++ },
	}
	_, _ = config.Check(p.ImportPath, fset, files, info)
	for _, file := range files {
		for _, declaration := range file.Decls {
			caller := -1
			if function, ok := declaration.(*ast.FuncDecl); ok {
				caller = fset.Position(function.Name.Pos()).Line - 1
			}
			ast.Inspect(declaration, func(node ast.Node) bool {
				if call, ok := node.(*ast.CallExpr); ok {
					out.note(fset, info, caller, call)
				}
				return true
			})
		}
	}
	return failed
}

func (out *report) note(fset *token.FileSet, info *types.Info, caller int, call *ast.CallExpr) {
	name := calledName(call.Fun)
	if name == nil || info.Types[call.Fun].IsType() || info.Types[call.Fun].IsBuiltin() {
		return
	}
	at := fset.Position(name.Pos())
	site := fmt.Sprintf("%s:%d:%d", at.Filename, at.Line-1, at.Column-1)
	switch object := info.Uses[name].(type) {
	case *types.Func:
		target := fset.Position(object.Origin().Pos())
		if target.IsValid() && out.isInside(target.Filename) {
			out.Edges = append(out.Edges, []interface{}{at.Filename, caller, target.Filename, target.Line - 1, at.Line - 1})
			out.Sites[site] = []interface{}{target.Filename, target.Line - 1}
		} else {
			out.Sites[site] = "ext"
		}
	case *types.Var:
		out.Sites[site] = "var"
	default:
		out.Sites[site] = nil
	}
}

func (out *report) isInside(file string) bool {
	for _, root := range out.roots {
		if strings.HasPrefix(file, root+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func calledName(expression ast.Expr) *ast.Ident {
	switch e := expression.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.ParenExpr:
		return calledName(e.X)
	case *ast.IndexExpr:
		return calledName(e.X)
	case *ast.IndexListExpr:
		return calledName(e.X)
	}
	return nil
}
