// Judges our checkpoints and proofs with code nobody here wrote: golang.org/x/mod/sumdb/note, transparency-dev/formats and transparency-dev/merkle.
// One JSON question a line on standard input, one JSON answer a line on standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type question struct {
	Kind       string   `json:"kind"`
	Vkey       string   `json:"vkey"`
	Origin     string   `json:"origin"`
	Checkpoint string   `json:"checkpoint"`
	Leaf       []byte   `json:"leaf"`
	Index      uint64   `json:"index"`
	From       uint64   `json:"from"`
	FromRoot   []byte   `json:"from_root"`
	Proof      [][]byte `json:"proof"`
}

type answer struct {
	Accepted bool   `json:"accepted"`
	Size     uint64 `json:"size"`
	Root     []byte `json:"root"`
	Why      string `json:"why,omitempty"`
}

func judge(q question) (answer, error) {
	verifier, err := note.NewVerifier(q.Vkey)
	if err != nil {
		return answer{}, fmt.Errorf("key: %w", err)
	}
	checkpoint, _, _, err := log.ParseCheckpoint([]byte(q.Checkpoint), q.Origin, verifier)
	if err != nil {
		return answer{}, fmt.Errorf("checkpoint: %w", err)
	}
	hasher := rfc6962.DefaultHasher
	switch q.Kind {
	case "checkpoint":
	case "inclusion":
		err = proof.VerifyInclusion(hasher, q.Index, checkpoint.Size, hasher.HashLeaf(q.Leaf), q.Proof, checkpoint.Hash)
	case "consistency":
		err = proof.VerifyConsistency(hasher, q.From, checkpoint.Size, q.Proof, q.FromRoot, checkpoint.Hash)
	default:
		err = fmt.Errorf("no such kind of question: %s", q.Kind)
	}
	return answer{Accepted: err == nil, Size: checkpoint.Size, Root: checkpoint.Hash}, err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var q question
		a := answer{}
		err := json.Unmarshal(lines.Bytes(), &q)
		if err == nil {
			a, err = judge(q)
		}
		if err != nil {
			a.Why = err.Error()
		}
		if out.Encode(a) != nil {
			os.Exit(1)
		}
	}
}
