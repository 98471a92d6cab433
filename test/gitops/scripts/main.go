// Runs scripts the way Argo CD does (v3.5). Lua as in its util/lua/lua.go: the libraries package, base
// and table, os with time only (Argo CD also has date), a second of time, the object in `obj` and an
// action's parameters in `actionParams`. jq as in its diff normalizer: one expression, one result.
// One request a line on stdin, one answer a line on stdout, both JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/itchyny/gojq"
	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"
)

type request struct {
	Script     string            `json:"script"`
	Jq         string            `json:"jq"`
	Object     any               `json:"object"`
	Parameters map[string]string `json:"parameters"`
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 64*1024), 8*1024*1024)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := out.Encode(answerTo(lines.Bytes())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerTo(line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Error: err.Error()}
	}
	run := runLua
	if asked.Jq != "" {
		run = runJq
	}
	result, err := run(asked)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Result: result}
}

func runJq(asked request) (json.RawMessage, error) {
	query, err := gojq.Parse(asked.Jq)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	first, ok := query.RunWithContext(ctx, asked.Object).Next()
	if !ok {
		return nil, fmt.Errorf("%s gives nothing", asked.Jq)
	}
	if err, ok := first.(error); ok {
		return nil, err
	}
	return json.Marshal(first)
}

func runLua(asked request) (json.RawMessage, error) {
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	if err := openLibraries(l); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	l.SetContext(ctx)

	parameters := l.CreateTable(0, len(asked.Parameters))
	for name, value := range asked.Parameters {
		parameters.RawSetString(name, lua.LString(value))
	}
	l.SetGlobal("actionParams", parameters)
	l.SetGlobal("obj", luajson.DecodeValue(l, asked.Object))

	if err := l.DoString(asked.Script); err != nil {
		if failed, ok := err.(*lua.ApiError); ok && failed.Type == lua.ApiErrorRun {
			failed.StackTrace = ""
		}
		return nil, err
	}
	return luajson.Encode(l.Get(-1))
}

func openLibraries(l *lua.LState) error {
	libraries := []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
	}
	for _, library := range libraries {
		call := lua.P{Fn: l.NewFunction(library.open), NRet: 0, Protect: true}
		if err := l.CallByParam(call, lua.LString(library.name)); err != nil {
			return err
		}
	}
	l.PreloadModule(lua.OsLibName, func(l *lua.LState) int {
		l.Push(l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{"time": now}))
		return 1
	})
	return nil
}

func now(l *lua.LState) int {
	l.Push(lua.LNumber(time.Now().Unix()))
	return 1
}
