package cents

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"pennytie/configs"
	"pennytie/providers/internal/rest"
	"pennytie/reconcile"
)

const (
	// early is how long before its end an id_token is renewed.
	early = 5 * time.Minute
	// longestToken bounds a token: an id_token with many claims has a few kilobytes.
	longestToken = 16 << 10
	// longestRenewal bounds a renewal, whose answer is waited for also when nobody needs the id_token any more: it may hold
	// the only refresh token that still serves.
	longestRenewal = 30 * time.Second
	// patience is how long a caller who must go waits for the renewal that it began, so that a program which ends then has
	// stored what came.
	patience = time.Second
)

// tokens trades the refresh token for id_tokens, one at a time, and keeps the current one in memory only.
type tokens struct {
	credential  Credential
	clientID    string
	redirectURI string
	life        time.Duration
	clock       func() time.Time
	api         *rest.API
	path        string

	turn   chan struct{} // of one place: whoever fills it may touch what follows
	id     configs.Secret
	until  time.Time
	unkept configs.Secret // a renewed refresh token that could not be stored yet
}

func newTokens(cfg Config, options rest.Options) (*tokens, error) {
	address, err := url.Parse(cfg.TokenURL)
	if err != nil || address.RawQuery != "" || address.Fragment != "" || len(address.Path) < 2 {
		return nil, fmt.Errorf("cents: token URL is not an address with a path: %w", reconcile.ErrInvalid)
	}
	host := *address
	host.Path, host.RawPath = "", ""
	options.BaseURL, options.MayPost = host.String(), address.Path
	// Cognito refuses a grant with 400 (RFC 6749, 5.2): a person must act, the request itself is right.
	options.Refusal = func(status int, _ []byte) error {
		if status == http.StatusBadRequest {
			return reconcile.ErrAuth
		}
		return nil
	}
	api, err := rest.NewAPI(Name, options, rules(), nil) // nothing is read with GET here
	if err != nil {
		return nil, err
	}
	return &tokens{
		credential: cfg.Credential, clientID: cfg.ClientID, redirectURI: cfg.RedirectURI, life: cfg.IDLife, clock: cfg.Clock,
		api: api, path: address.Path, turn: make(chan struct{}, 1),
	}, nil
}

// current gives an id_token that lives, renewing it where need be. A renewal that was begun is ended, whatever becomes of ctx.
func (t *tokens) current(ctx context.Context) (configs.Secret, error) {
	if err := t.take(ctx); err != nil {
		return configs.Secret{}, err
	}
	if err := t.keep(); err != nil {
		t.leave()
		return configs.Secret{}, err
	}
	if !t.id.IsZero() && t.clock().Before(t.until) {
		defer t.leave()
		return t.id, nil
	}
	type result struct {
		id  configs.Secret
		err error
	}
	renewed := make(chan result, 1)
	go func() {
		defer t.leave()
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestRenewal)
		defer cancel()
		err := t.renew(own)
		renewed <- result{t.id, err}
	}()
	select {
	case r := <-renewed:
		return r.id, r.err
	case <-ctx.Done():
	}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-renewed:
	case <-wait.C:
	}
	return configs.Secret{}, ended(ctx)
}

// forget drops an id_token that the service refused, unless it has been renewed since.
func (t *tokens) forget(ctx context.Context, refused configs.Secret) {
	if t.take(ctx) != nil {
		return // the request ends anyway
	}
	defer t.leave()
	if t.id.Reveal() == refused.Reveal() {
		t.id = configs.Secret{}
	}
}

// take waits for its turn, or for the end of ctx: a renewal under way may take long.
func (t *tokens) take(ctx context.Context) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

func ended(ctx context.Context) error {
	return fmt.Errorf("cents: %w: %w", reconcile.ErrTransient, ctx.Err())
}

func (t *tokens) leave() { <-t.turn }

func (t *tokens) renew(ctx context.Context) error {
	refresh, _, err := loadRefresh(t.credential)
	if err != nil {
		return fmt.Errorf("cents: %w", err)
	}
	body, err := t.trade(ctx, refresh)
	if rest.StatusOf(err) == http.StatusBadRequest {
		// Another program with the same credential may have renewed it since it was read.
		if other, _, lost := loadRefresh(t.credential); lost == nil && other.Reveal() != refresh.Reveal() {
			refresh = other
			body, err = t.trade(ctx, refresh)
		}
	}
	switch status := rest.StatusOf(err); {
	case status == http.StatusBadRequest, status == http.StatusUnauthorized:
		return fmt.Errorf("%w: the refresh token is refused or has expired: log in again and store the new one", err)
	case err != nil:
		return err
	}
	// The new refresh token comes first: whatever else is wrong with the answer, the old one may be dead.
	next, odd := nextRefresh(body)
	if odd {
		return t.wrong("the new refresh token is not one word")
	}
	if next != "" && next != refresh.Reveal() {
		t.unkept = configs.NewSecret(next)
	}
	wrong := t.accept(body)
	if err := t.keep(); err != nil {
		return err
	}
	return wrong
}

// trade sends a refresh token.
func (t *tokens) trade(ctx context.Context, refresh configs.Secret) ([]byte, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {t.clientID}, "refresh_token": {refresh.Reveal()}}
	if t.redirectURI != "" {
		form.Set("redirect_uri", t.redirectURI)
	}
	return t.api.PostForm(ctx, t.path, form)
}

// nextRefresh takes the new refresh token out of an answer that may be wrong in every other way; empty is none. One that
// is there and is no token is odd.
func nextRefresh(body []byte) (token string, odd bool) {
	var fields map[string]json.RawMessage // not a struct: its fields would be found in every spelling
	if json.Unmarshal(body, &fields) != nil || len(fields["refresh_token"]) == 0 {
		return "", false
	}
	if err := json.Unmarshal(fields["refresh_token"], &token); err != nil || token != "" && !plainToken(token) {
		return "", true
	}
	return token, false
}

// accept takes the id_token out of an answer, or says what is wrong with it.
func (t *tokens) accept(body []byte) error {
	if err := rest.CheckJSON(body, rules()); err != nil {
		return t.wrong(err.Error())
	}
	var answer tokenAnswer
	if json.Unmarshal(body, &answer) != nil {
		return t.wrong("answer is not an object with tokens")
	}
	if answer.ID == nil || !plainToken(*answer.ID) {
		return t.wrong("answer has no id_token")
	}
	life := t.life
	if seconds, err := answer.Life.Integer(); err == nil && seconds > 0 && seconds <= int64(24*time.Hour/time.Second) {
		life = time.Duration(seconds) * time.Second
	}
	t.id, t.until = configs.NewSecret(*answer.ID), t.clock().Add(life-min(early, life/2))
	return nil
}

// keep stores a renewed refresh token. Until it is stored nothing more is asked: the run would end well, and the next one
// would find a dead token.
func (t *tokens) keep() error {
	if t.unkept.IsZero() {
		return nil
	}
	if err := t.credential.Keep(t.unkept); err != nil {
		return fmt.Errorf("cents: the service gave a new refresh token, and it could not be stored; "+
			"once this program ends it is lost and somebody must log in again: %w: %w", reconcile.ErrAuth, err)
	}
	t.unkept = configs.Secret{}
	return nil
}

func (t *tokens) wrong(reason string) error {
	return fmt.Errorf("cents: POST %s: %s: %w", t.path, reason, reconcile.ErrInvalid)
}

// loadRefresh reads the refresh token and refuses what cannot be one.
func loadRefresh(from Credential) (configs.Secret, time.Time, error) {
	token, issued, err := from.Load()
	if err != nil {
		return configs.Secret{}, time.Time{}, fmt.Errorf("the refresh token cannot be read: %w: %w", reconcile.ErrAuth, err)
	}
	if !plainToken(token.Reveal()) {
		return configs.Secret{}, time.Time{}, fmt.Errorf("the refresh token is missing or is not one word: %w", reconcile.ErrAuth)
	}
	return token, issued, nil
}

func plainToken(text string) bool { return rest.PlainWord(text) && len(text) <= longestToken }
