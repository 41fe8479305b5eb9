// Judges what parallel clients saw (promises P2 to P5). One operation a line on standard input, one verdict for each key and model on standard output:
//
//	{"client":1,"op":"refresh","key":"grant:x","args":{…},"invoke_ns":10,"return_ns":20,"result":{…}}   answered
//	{"client":1,"op":"refresh","key":"grant:x","args":{…},"invoke_ns":10,"unknown":true}                no answer: it happened at any later time, or never
//
// Linearizability is searched by porcupine, code nobody here wrote. Ends with 0 when all holds, 1 when something does not, 2 when the history is none.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

type operation struct {
	Client   int     `json:"client"`
	Op       string  `json:"op"`
	Key      string  `json:"key"`
	Args     args    `json:"args"`
	InvokeNs int64   `json:"invoke_ns"`
	ReturnNs int64   `json:"return_ns"`
	Result   *result `json:"result"`
	Unknown  bool    `json:"unknown"`
}

// args of all operations; each uses what is its own.
type args struct {
	Value  string `json:"value"`  // refresh, issue: which refresh token, as a hash
	Window string `json:"window"` // refresh: "open" when the whole history lies within the retry window, "closed" when there is none
	Token  string `json:"token"`  // revoke, validate: which access token, as a hash; of a revocation empty for the whole grant
}

type result struct {
	Status string `json:"status"` // ok, refused, active, inactive
	Next   string `json:"next"`   // the refresh token that was answered, as a hash
	Answer string `json:"answer"` // all that must be the same in a repeated answer, as a hash
}

type verdict struct {
	Key        string `json:"key"`
	Model      string `json:"model"`
	Holds      bool   `json:"holds"`
	Operations int    `json:"operations"`
	Unknown    int    `json:"unknown"`
	Why        string `json:"why,omitempty"`
}

var outcomes = map[string][]string{
	"redeem":   {"ok", "refused"},
	"issue":    {"ok"},
	"refresh":  {"ok", "refused"},
	"revoke":   {"ok"},
	"validate": {"active", "inactive"},
	"use":      {"ok", "refused"},
}

func read(from io.Reader) (map[string][]operation, error) {
	byKey := map[string][]operation{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		var each operation
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if err := each.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if each.Unknown {
			each.ReturnNs = math.MaxInt64
		}
		byKey[each.Key] = append(byKey[each.Key], each)
	}
	return byKey, lines.Err()
}

func (o operation) check() error {
	known, found := outcomes[o.Op]
	switch {
	case o.Key == "":
		return fmt.Errorf("no key")
	case !found:
		return fmt.Errorf("no such operation: %q", o.Op)
	case o.Unknown != (o.Result == nil):
		return fmt.Errorf("an operation has a result or is unknown")
	case o.Unknown:
		return nil
	case o.ReturnNs < o.InvokeNs:
		return fmt.Errorf("answered before it was asked")
	case !slices.Contains(known, o.Result.Status):
		return fmt.Errorf("%s can't end as %q", o.Op, o.Result.Status)
	}
	if o.Op == "refresh" && o.Args.Window != "open" && o.Args.Window != "closed" {
		return fmt.Errorf("a refresh needs to say whether its window is open or closed")
	}
	return nil
}

func (o operation) is(status string) bool { return o.Result != nil && o.Result.Status == status }

func main() {
	byKey, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if len(byKey) == 0 {
		fmt.Fprintln(os.Stderr, "an empty history proves nothing")
		os.Exit(2)
	}
	out, code := json.NewEncoder(os.Stdout), 0
	for _, key := range sortedKeys(byKey) {
		for _, each := range judge(key, byKey[key]) {
			if !each.Holds {
				code = 1
			}
			if err := out.Encode(each); err != nil {
				os.Exit(2)
			}
		}
	}
	os.Exit(code)
}

func judge(key string, history []operation) []verdict {
	count := verdict{Key: key, Operations: len(history)}
	for _, each := range history {
		if each.Unknown {
			count.Unknown++
		}
	}
	return []verdict{ordered(count, history), bounded(count, history)}
}

func sortedKeys(byKey map[string][]operation) []string {
	keys := make([]string, 0, len(byKey))
	for key := range byKey {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
