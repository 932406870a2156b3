package score_test

import (
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

func TestSum(t *testing.T) {
	leads, _ := score.Rank(append(agreed("a", "c"), agreed("b", "")...))
	for i := range leads {
		s := score.SumOf(&leads[i])
		if s.Prior+s.Evidence != s.LogOdds || s.LogOdds != score.LogOdds(&leads[i]) {
			t.Errorf("lead %s: %+v", leads[i].LeadID, s)
		}
	}
	far := found("a", "email", reconcile.SignalEmail, 9000)
	if s := score.SumOf(&far); s.LogOdds != 3000 {
		t.Errorf("beyond all bounds: %+v", s)
	}
}
