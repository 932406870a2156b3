package score_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

func TestWhatMayBeJoinedByAMachine(t *testing.T) {
	const email, phone, name, ref, paid = reconcile.SignalEmail, reconcile.SignalPhone, reconcile.SignalName, reconcile.SignalReference, reconcile.SignalPaid
	says := func(signal string, weight reconcile.Weight) reconcile.Evidence {
		return reconcile.Evidence{Signal: signal, Weight: weight}
	}
	for _, test := range []struct {
		name     string
		evidence []reconcile.Evidence
		odds     reconcile.Weight
		decisive bool
	}{
		{"4c 4: nothing was compared", nil, -200, false},
		{"4c 3: the day alone", []reconcile.Evidence{says(paid, 100)}, -100, false},
		{"4c 3: a name is never enough, whatever its weight", []reconcile.Evidence{says(name, 900), says(paid, 100)}, 209, false},
		{"an address", []reconcile.Evidence{says(email, 600), says(paid, 100)}, 500, true},
		{"another address is no identifier", []reconcile.Evidence{says(email, -120), says(name, 300)}, -20, false},
		{"4c 3: references that differ, however much agrees", []reconcile.Evidence{says(email, 900), says(phone, 900), says(ref, -400)}, 209, false},
		{"4c 21: a reference of somebody else's", []reconcile.Evidence{says(ref, 900), says(name, -330)}, 209, false},
		{"a name spelled otherwise contradicts nothing", []reconcile.Evidence{says(ref, 600), says(name, 40)}, 440, true},
	} {
		odds, decisive := score.Claim(test.evidence)
		if odds != test.odds || decisive != test.decisive {
			t.Errorf("%s: %d %t, want %d %t", test.name, odds, decisive, test.odds, test.decisive)
		}
	}
}

func TestConfidenceInAPair(t *testing.T) {
	type odds = []reconcile.Weight
	for _, test := range []struct {
		name       string
		lead, odds reconcile.Weight
		rivals     []odds
		want       string
	}{
		{"nothing ahead of the second", 0, 500, nil, "5000 0"},
		{"against staying alone", 500, 500, nil, "9933 9866"},
		{"one rival, which may be right", 100, 500, []odds{{400}}, "7275 4622"},
		{"many rivals are likelier than the second best alone", 300, 500, []odds{{200, 200, 200, 200}}, "8293 9052"},
		{"rivals for the payment count as well", 300, 500, []odds{nil, {200, 200, 200, 200}}, "8293 9052"},
		{"a machine is never certain", 1_000_000, 1_000_000, nil, "9999 9998"},
	} {
		confidence, margin := score.Pair(test.lead, test.odds, test.rivals...)
		if got := fmt.Sprint(int(confidence), int(margin)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestConfidenceInAPairDoesNotShowAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weight := rapid.Custom(func(t *rapid.T) reconcile.Weight { return reconcile.Weight(rapid.IntRange(-500, 900).Draw(t, "w")) })
		rivals := rapid.SliceOfN(weight, 0, 9).Draw(t, "rivals")
		lead, odds := weight.Draw(t, "lead"), weight.Draw(t, "odds")
		c, m := score.Pair(lead, odds, rivals)
		shuffled := rapid.Permutation(rivals).Draw(t, "order")
		if d, n := score.Pair(lead, odds, shuffled); c != d || m != n {
			t.Fatalf("%d %d, then %d %d", c, m, d, n)
		}
		if d, _ := score.Pair(lead, odds, append(shuffled, 0)); d > c || m < 0 || m > reconcile.Sure || c > reconcile.Sure {
			t.Fatalf("confidence %d, with one more rival %d, margin %d", c, d, m)
		}
	})
}
