package main

import (
	"fmt"
	"math"
)

// bounded is P5 in real time: no validation that began after a revocation was acknowledged says active; and P1 for it: none says inactive before
// anything that may revoke was asked for. In between, while a revocation is on its way, both are right.
func bounded(v verdict, history []operation) verdict {
	v.Model, v.Holds = "bound", true
	for _, each := range history {
		if each.Op != "validate" || each.Unknown {
			continue
		}
		if by, at := acknowledged(history, each.Args.Token); each.is("active") && at < each.InvokeNs {
			return v.fails(fmt.Sprintf("%s, after %s", describe(each), describe(by)))
		}
		if each.is("inactive") && !maybeRevoked(history, each) {
			return v.fails(describe(each) + ", although nobody had asked for a revocation")
		}
	}
	return v
}

func (v verdict) fails(why string) verdict {
	v.Holds, v.Why = false, why
	return v
}

// acknowledged is the first answer after which the token is known to be dead, and its time.
func acknowledged(history []operation, token string) (first operation, at int64) {
	at = math.MaxInt64
	for _, each := range history {
		if each.Unknown || each.ReturnNs >= at {
			continue
		}
		revoked := each.Op == "revoke" && (each.Args.Token == "" || each.Args.Token == token)
		// P3: a refusal of what was good once is given only after the family was revoked
		theft := (each.Op == "redeem" || each.Op == "refresh") && each.is("refused")
		if revoked || theft {
			first, at = each, each.ReturnNs
		}
	}
	return first, at
}

// maybeRevoked is true when something that can revoke had been asked for before the validation was answered.
func maybeRevoked(history []operation, validation operation) bool {
	redemptions, uses := 0, map[string]int{}
	for _, each := range history {
		if each.InvokeNs > validation.ReturnNs {
			continue
		}
		switch each.Op {
		case "revoke":
			if each.Args.Token == "" || each.Args.Token == validation.Args.Token {
				return true
			}
		case "redeem":
			if redemptions++; redemptions > 1 {
				return true
			}
		case "refresh":
			if uses[each.Args.Value]++; uses[each.Args.Value] > 1 && each.Args.Window == "closed" {
				return true
			}
		}
	}
	return false
}
