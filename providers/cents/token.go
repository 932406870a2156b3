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

// current gives an id_token that lives, renewing it where need be.
func (t *tokens) current(ctx context.Context) (configs.Secret, error) {
	if err := t.take(ctx); err != nil {
		return configs.Secret{}, err
	}
	defer t.leave()
	if err := t.keep(); err != nil {
		return configs.Secret{}, err
	}
	if t.id.IsZero() || !t.clock().Before(t.until) {
		if err := t.renew(ctx); err != nil {
			return configs.Secret{}, err
		}
	}
	return t.id, nil
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
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("cents: %w: %w", reconcile.ErrTransient, ctx.Err())
	}
}

func (t *tokens) leave() { <-t.turn }

func (t *tokens) renew(ctx context.Context) error {
	refresh, _, err := loadRefresh(t.credential)
	if err != nil {
		return fmt.Errorf("cents: %w", err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {t.clientID}, "refresh_token": {refresh.Reveal()}}
	if t.redirectURI != "" {
		form.Set("redirect_uri", t.redirectURI)
	}
	body, err := t.api.PostForm(ctx, t.path, form)
	switch status := rest.StatusOf(err); {
	case status == http.StatusBadRequest, status == http.StatusUnauthorized:
		return fmt.Errorf("%w: the refresh token is refused or has expired: log in again and store the new one", err)
	case err != nil:
		return err
	}
	var answer tokenAnswer
	if err := rest.CheckJSON(body, rules()); err != nil {
		return t.wrong(err.Error())
	}
	if json.Unmarshal(body, &answer) != nil {
		return t.wrong("answer is not an object with tokens")
	}
	// The new refresh token comes first: whatever else is wrong with the answer, the old one may be dead.
	if next := answer.Refresh; next != nil && *next != "" && *next != refresh.Reveal() {
		if !plainToken(*next) {
			return t.wrong("the new refresh token is not one word")
		}
		t.unkept = configs.NewSecret(*next)
	}
	if answer.ID != nil && plainToken(*answer.ID) {
		life := t.life
		if seconds, err := answer.Life.Integer(); err == nil && seconds > 0 && seconds <= int64(24*time.Hour/time.Second) {
			life = time.Duration(seconds) * time.Second
		}
		t.id, t.until = configs.NewSecret(*answer.ID), t.clock().Add(life-min(early, life/2))
	}
	if err := t.keep(); err != nil {
		return err
	}
	if answer.ID == nil || !plainToken(*answer.ID) {
		return t.wrong("answer has no id_token")
	}
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
