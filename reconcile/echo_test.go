package reconcile

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// someFacts are facts with what writes may change, and some of what they may not.
func someFacts(t *rapid.T, name string) *Facts {
	word := rapid.SampledFrom([]string{"", "a", "b.c", "é\"<"})
	f := &Facts{LeadID: word.Draw(t, name+" lead"), CallID: word.Draw(t, name+" call"), Name: word.Draw(t, name+" name"),
		Payer: Payer{Reference: word.Draw(t, name+" reference")}}
	metadata := rapid.MapOfN(rapid.SampledFrom([]string{"k", "k.l", "payer", "metadata"}), rapid.SampledFrom([]string{"1", "x"}), 0, 3).Draw(t, name+" metadata")
	if len(metadata) > 0 {
		f.Payer.Metadata = metadata
	}
	return f
}

func contentOf(t *rapid.T, f *Facts) string {
	document, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}

// What a write changed in its places is taken back to the byte; what it changed elsewhere stays; a source that said the same
// before is left alone.
func TestMask(t *testing.T) {
	places := []string{"lead_id", "call_id", "payer.reference", "payer.metadata"}
	rapid.Check(t, func(t *rapid.T) {
		before, after := someFacts(t, "before"), someFacts(t, "after")
		echo, err := EchoOf(before, after, places)
		if err != nil {
			t.Fatal(err)
		}
		masked := *after
		if err := Mask(&masked, echo); err != nil {
			t.Fatal(err)
		}
		want := *before
		want.Name = after.Name // in no place: it is news
		if contentOf(t, &masked) != contentOf(t, &want) {
			t.Errorf("masked %s\nwant   %s", contentOf(t, &masked), contentOf(t, &want))
		}
		own := *before
		if err := Mask(&own, echo); err != nil || contentOf(t, &own) != contentOf(t, before) {
			t.Errorf("what it says itself was masked: %s, %v", contentOf(t, &own), err)
		}
	})
}

// Who changes what was written says something new.
func TestMaskOfAnothersWord(t *testing.T) {
	echo, err := EchoOf(&Facts{LeadID: "l"}, &Facts{LeadID: "l", CallID: "ours"}, []string{"lead_id", "call_id"})
	if err != nil {
		t.Fatal(err)
	}
	said := Facts{LeadID: "other", CallID: "theirs"}
	want := said
	if err := Mask(&said, echo); err != nil || cmp.Diff(want, said) != "" {
		t.Errorf("%v, %s", err, cmp.Diff(want, said))
	}
	said.CallID = "ours"
	if want.CallID = ""; Mask(&said, echo) != nil || cmp.Diff(want, said) != "" {
		t.Error(cmp.Diff(want, said))
	}
}
