package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pennytie/providers/fake"
)

// Long runs: go test ./cmd/pennytie -run TestPushKill -push-intents 1000 -push-kills 400 -timeout 60m
var (
	pushIntents = flag.Int("push-intents", 6, "how many intents TestPushKill has for each service")
	pushKills   = flag.Int("push-kills", 2, "how often TestPushKill kills at each step of each service, at most")
)

// killer kills the push that is under way.
type killer struct {
	mu      sync.Mutex
	process *exec.Cmd
	random  *rand.Rand
	killed  map[string]int // by service and step
}

// at is the action that kills with a probability, at a step of a service.
func (k *killer) at(where string, when func(func()) fake.Action, late time.Duration) fake.Action {
	return when(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.process == nil || k.killed[where] >= *pushKills {
			return
		}
		time.Sleep(time.Duration(k.random.Int64N(int64(late) + 1)))
		_ = k.process.Process.Kill()
		k.process = nil
		k.killed[where]++
	})
}

// plague makes everything go wrong that may: kills between any two steps, lost replies, delays and refusals.
func (k *killer) plague(name string, service *fake.Faults) {
	const often = 0.3
	for i, step := range []struct {
		name  string
		write bool
		do    fake.Action
	}{
		{"before the read", false, k.at(name+" before a read", fake.Before, 0)},
		{"after the read", false, k.at(name+" after a read", fake.Then, 4*time.Millisecond)},
		{"before the effect", true, k.at(name+" before the effect", fake.Before, 0)},
		{"before an effect that never comes", true, fake.Chain(k.at(name+" before an effect that never comes", fake.Before, 0), fake.Reset())},
		{"after the effect", true, k.at(name+" after the effect", fake.After, 0)},
		{"after the reply", true, k.at(name+" after the reply", fake.Then, 4*time.Millisecond)},
	} {
		every := often
		if strings.Contains(step.name, "never") {
			every /= 10 // a push waits a second before it sends again
		}
		service.Fault(fake.Fault{Write: step.write, Every: every, Seed: uint64(i), Do: step.do})
	}
	for i, trouble := range []fake.Action{fake.LoseReply(), fake.LoseReply(), fake.CutBody(), fake.Linger(10 * time.Millisecond),
		fake.Slow(10 * time.Millisecond), fake.Status(http.StatusTooManyRequests, "{}", "Retry-After", "0")} {
		service.Fault(fake.Fault{Write: true, Every: 0.06, Seed: uint64(100 + i), Do: trouble})
	}
	for i, trouble := range []fake.Action{fake.Reset(), fake.Status(http.StatusBadGateway, "{}")} { // nothing arrives
		service.Fault(fake.Fault{Write: true, Every: 0.01, Seed: uint64(200 + i), Do: trouble})
	}
}

// TestPushKill pushes through lost replies and delays while it is killed between any two steps, until nothing is left: each
// intent has one effect, and nothing outside the list of what may be written leaves.
func TestPushKill(t *testing.T) {
	if testing.Short() {
		t.Skip("the same pushes as TestPushEverywhere, again and again")
	}
	n := *pushIntents
	s := newShop(t, "{enabled: false}", func(s story) {
		for i := 0; i < 4*n; i += 4 {
			s.booked(i, s.sold(i, nil), nil)
			s.paidAtWePay(i+1, map[string]any{"order": i})
			s.donated(i+2, s.sold(i+2, nil), "to_be_payed")
			_, invoice := s.billed(i+3, fmt.Sprintf("pi_%06d", i+3))
			s.sold(i+3, map[string]any{"metadata": map[string]any{
				"lead_id": fmt.Sprintf("lead_%d", i+3), "call_id": fmt.Sprintf("call_%d", i+3), "invoice_id": invoice}})
		}
	})
	s.clock.Set(june(3, 0))
	s.records(t, 4*n)
	if run := s.runs(t, 0); run.Push != nil || run.Auto != 4*n {
		t.Fatalf("%d of %d payments are decided; push %+v", run.Auto, 4*n, run.Push)
	}
	s.enable(t, 10*n)
	if dry := s.pushes(t, 0, "--dry-run"); dry.Written != 4*n || len(s.effects()) > 0 {
		t.Fatalf("a dry run would write %+v, and wrote %d", dry.PushResult, len(s.effects()))
	}
	k := &killer{random: rand.New(rand.NewPCG(*crashSeed, 1)), killed: map[string]int{}}
	services := map[string]*fake.Faults{"wepay": &s.wepay.Faults, "aura": &s.aura.Faults, "cents": &s.cents.Faults, "zenskar": &s.zenskar.Faults}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		k.plague(name, services[name])
	}
	starts := s.pushUntilDone(t, k)
	for _, service := range services {
		service.ClearFaults()
	}
	s.onceEach(t, n)
	total := 0
	for _, where := range slices.Sorted(maps.Keys(k.killed)) {
		t.Logf("killed %4d times %s", k.killed[where], where)
		total += k.killed[where]
	}
	t.Logf("%d intents, %d starts, %d kills, %d writes accepted, %d requests", 4*n, starts, total,
		len(s.wepay.Accepted())+len(s.aura.Accepted())+len(s.cents.Accepted())+len(s.zenskar.Accepted()), s.requests())
	accepted := len(s.effects())
	s.runs(t, 0)
	if run := s.runs(t, 0); run.Writes != 0 || run.Push.Written+run.Push.Held+run.Push.Left > 0 || len(s.effects()) != accepted {
		t.Errorf("after all was pushed a run still wrote: %d rows, %+v", run.Writes, run.Push)
	}
}

// pushUntilDone starts pushes until one ends and leaves nothing.
func (s *shop) pushUntilDone(t *testing.T, k *killer) int {
	t.Helper()
	for starts := 1; ; starts++ {
		cmd := exec.Command("pennytie", "push", "--json", "--as-of", s.clock.Now().Format(time.RFC3339))
		cmd.Dir = s.dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		k.mu.Lock()
		err := cmd.Start()
		k.process = cmd
		k.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		err = cmd.Wait()
		k.mu.Lock()
		k.process = nil
		k.mu.Unlock()
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit) && (exit.ExitCode() == -1 || exit.ExitCode() == exitTemporary):
			continue
		case err != nil:
			t.Fatalf("start %d: %v\n%s%s", starts, err, out.String(), errs.String())
		}
		var p pushed
		if err := json.Unmarshal(out.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if p.Conflict+p.Refused > 0 {
			t.Fatalf("start %d: %s", starts, out.String())
		}
		if p.Left == 0 {
			return starts
		}
	}
}

// onceEach wants one effect for each intent, and no field but those that may be written.
func (s *shop) onceEach(t *testing.T, n int) {
	t.Helper()
	for service, of := range map[string]struct {
		writes *fake.Writes
		fields []string
	}{
		"aura":    {&s.aura.Writes, []string{"call_id", "status", "external_id"}},
		"wepay":   {&s.wepay.Writes, []string{"reference_id", "custom_data"}},
		"cents":   {&s.cents.Writes, []string{"transaction_status", "refunded_amount", "external_id"}},
		"zenskar": {&s.zenskar.Writes, []string{"payment_parts"}},
	} {
		effects := of.writes.Effects()
		if len(effects) != n {
			t.Errorf("%s: %d records were written to, want %d", service, len(effects), n)
		}
		for path, times := range effects {
			if times != 1 {
				t.Errorf("%s: %s had %d effects", service, path, times)
			}
		}
		for _, write := range of.writes.Accepted() {
			var body map[string]json.RawMessage
			if err := json.Unmarshal([]byte(write.Body), &body); err != nil || len(body) == 0 || strings.Contains(write.Body, "@") {
				t.Errorf("%s: %s %s", service, write.Path, write.Body)
			}
			for field := range body {
				if !slices.Contains(of.fields, field) {
					t.Errorf("%s: field %s was written: %s", service, field, write.Body)
				}
			}
		}
	}
}
