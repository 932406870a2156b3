package score_test

import (
	"testing"

	"pennytie/reconcile"
	"pennytie/reconcile/score"
)

func TestSum(t *testing.T) {
	weak, strong := found("a", "name", reconcile.SignalName, 900), found("a", "email", reconcile.SignalEmail, 700)
	strong.Evidence = append(strong.Evidence, weak.Evidence[0])
	if s := score.SumOf(&weak); !s.Capped() || s.Evidence != 900 || s.LogOdds >= s.Prior+s.Evidence || s.LogOdds != score.LogOdds(&weak) {
		t.Errorf("a name alone: %+v", s)
	}
	if s := score.SumOf(&strong); s.Capped() || s.Evidence != 1600 || s.LogOdds != score.LogOdds(&strong) {
		t.Errorf("an address and a name: %+v", s)
	}
}
