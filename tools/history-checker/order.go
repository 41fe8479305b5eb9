package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// unseen stands for a value that was made, but that nobody was told yet.
const unseen = "?"

const patience = 60 * time.Second

// state of one stream, as its decider keeps it. Comparable, so that the search can tell states apart by ==.
type state struct {
	used    bool   // the code, the pushed request, the consent page
	current string // refresh token that may be rotated
	answers string // of each rotation " used>next,answer"
	revoked bool
}

// model has one sequential rule for each operation; porcupine looks for an order within the intervals in which all of them held.
var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(before, input, _ any) (bool, any) {
		s, o := before.(state), input.(operation)
		switch o.Op {
		case "redeem":
			return s.redeem(o)
		case "issue":
			return s.current == "", state{used: true, current: o.Args.Value}
		case "refresh":
			return s.refresh(o)
		case "use":
			return s.use(o)
		case "revoke":
			// of one access token of a grant: says nothing of the family
			s.revoked = s.revoked || o.Args.Token == ""
			return true, s
		}
		return true, s // a validation has a rule of its own (bound.go)
	},
	DescribeOperation: func(input, _ any) string { return describe(input.(operation)) },
}

// P2: one redemption succeeds. P3: each later one revokes.
func (s state) redeem(o operation) (bool, state) {
	free := !s.used && !s.revoked
	after := s
	after.used = true
	if s.used {
		after.revoked = true
	}
	switch {
	case o.Unknown:
		if free {
			after.current = unseen
		}
		return true, after
	case o.is("ok"):
		after.current = o.Result.Next
		return free, after
	}
	return !free, after
}

// P2: each generation is rotated once. P4: inside the window it answers again as it did. P3: outside it revokes the family.
func (s state) refresh(o operation) (bool, state) {
	next, answer, used := s.answerTo(o.Args.Value)
	open := o.Args.Window == "open"
	switch {
	case s.revoked:
		return !o.is("ok"), s
	case o.Args.Value == s.current && !used:
		if o.is("refused") {
			return false, s
		}
		return true, s.rotate(o)
	case !used:
		return !o.is("ok"), s // a stranger's value
	case !open:
		s.revoked = true
		return !o.is("ok"), s
	case o.Unknown:
		return true, s
	case o.is("refused"):
		return false, s
	case next == unseen:
		return true, s.tell(o)
	}
	return next == o.Result.Next && answer == o.Result.Answer, s
}

func (s state) rotate(o operation) state {
	next, answer := unseen, unseen
	if !o.Unknown {
		next, answer = o.Result.Next, o.Result.Answer
	}
	s.answers += " " + o.Args.Value + ">" + next + "," + answer
	s.current = next
	return s
}

// tell puts the answer that was now seen in the place of the unseen one.
func (s state) tell(o operation) state {
	s.answers = strings.Replace(s.answers, " "+o.Args.Value+">"+unseen+","+unseen, " "+o.Args.Value+">"+o.Result.Next+","+o.Result.Answer, 1)
	if s.current == unseen {
		s.current = o.Result.Next
	}
	return s
}

func (s state) answerTo(value string) (next, answer string, used bool) {
	for each := range strings.FieldsSeq(s.answers) {
		from, to, _ := strings.Cut(each, ">")
		if from == value {
			next, answer, _ = strings.Cut(to, ",")
			return next, answer, true
		}
	}
	return "", "", false
}

// P2 for what is used up without a successor: a pushed request, a consent page.
func (s state) use(o operation) (bool, state) {
	before := s.used
	s.used = true
	return o.Unknown || before == o.is("refused"), s
}

func ordered(v verdict, history []operation) verdict {
	v.Model = "order"
	operations := make([]porcupine.Operation, 0, len(history))
	for _, each := range history {
		if each.Op != "validate" {
			operations = append(operations, porcupine.Operation{ClientId: each.Client, Input: each, Call: each.InvokeNs, Return: each.ReturnNs})
		}
	}
	found, info := porcupine.CheckOperationsVerbose(model, operations, patience)
	v.Holds = found == porcupine.Ok
	switch found {
	case porcupine.Illegal:
		v.Why = "no order explains the answers; left over: " + leftOver(history, info)
	case porcupine.Unknown:
		v.Why = fmt.Sprintf("no order was found within %s, and none was ruled out", patience)
	}
	return v
}

// leftOver names the operations that the longest explanation can't take in.
func leftOver(history []operation, info porcupine.LinearizationInfo) string {
	var longest []porcupine.Operation
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, each := range partition {
			if len(each) > len(longest) {
				longest = each
			}
		}
	}
	var left []string
	for _, each := range history {
		if each.Op == "validate" || each.ReturnNs == math.MaxInt64 {
			continue
		}
		if !slices.ContainsFunc(longest, func(taken porcupine.Operation) bool { return same(taken.Input.(operation), each) }) {
			left = append(left, describe(each))
		}
	}
	return strings.Join(left[:min(len(left), 5)], "; ")
}

func same(a, b operation) bool {
	return a.Client == b.Client && a.Op == b.Op && a.InvokeNs == b.InvokeNs && a.Args == b.Args
}

func describe(o operation) string {
	outcome := "unknown"
	if o.Result != nil {
		outcome = strings.TrimSpace(o.Result.Status + " " + o.Result.Next)
	}
	what := strings.TrimSpace(o.Op + " " + o.Args.Value + o.Args.Token)
	if o.Unknown {
		return fmt.Sprintf("%s by client %d from %d: unknown", what, o.Client, o.InvokeNs)
	}
	return fmt.Sprintf("%s by client %d from %d to %d: %s", what, o.Client, o.InvokeNs, o.ReturnNs, outcome)
}
