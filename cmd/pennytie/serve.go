package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"pennytie/configs"
	"pennytie/reconcile"
	"pennytie/reconcile/engine"
	"pennytie/reconcile/httpapi"
	"pennytie/reconcile/jobs"
	"pennytie/store"
)

// serveFlags say where the API listens and who may use it.
type serveFlags struct {
	addr, tokenFile, cert, key string
	hosts                      []string
	expose                     bool
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve the payment API of the seed documents", Args: noArgs,
		Long: `Answers GET /v1/payments, GET and PATCH /v1/payments/ID, POST /v1/payments/ID/verify, GET /v1/leads, /v1/calls, /v1/products,
/openapi.json and, without a token, /healthz. A run beside it blocks no reader; a correction waits for it, or is answered 503 with
Retry-After. Any other address than this machine's own needs --expose and TLS.`,
		Example: `  (umask 077; openssl rand -hex 32 > token) && pennytie serve --token-file token
  curl -H "Authorization: Bearer $(cat token)" 'http://127.0.0.1:8765/v1/payments?limit=50&status=succeeded'
  curl -H "Authorization: Bearer $(cat token)" -X PATCH -d '{"amount":12000}' http://127.0.0.1:8765/v1/payments/pi_3CrKcRU0gY6
  pennytie serve --token-file tokens --addr 10.0.0.5:8765 --expose --tls-cert cert.pem --tls-key key.pem --allow-host pay.example.com`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8765", "address and port to listen on; port 0 takes a free one")
	flags.StringVar(&f.tokenFile, "token-file", "", "file with mode 0600 and one bearer token on each line (required)")
	flags.StringVar(&f.cert, "tls-cert", "", "certificate in PEM, with its chain")
	flags.StringVar(&f.key, "tls-key", "", "its key in PEM")
	flags.BoolVar(&f.expose, "expose", false, "allow an address that other machines reach")
	flags.StringSliceVar(&f.hosts, "allow-host", nil, "answer to this name in the header Host, too, as a client sends it")
	return cmd
}

// check refuses what would open the store to others unseen.
func (f *serveFlags) check() error {
	host, _, err := net.SplitHostPort(f.addr)
	if err != nil {
		return usagef("give an address and a port, e.g. --addr 127.0.0.1:8765", "--addr %q: %v", f.addr, err)
	}
	ip := net.ParseIP(host)
	loopback := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case f.tokenFile == "":
		return usagef("(umask 077; openssl rand -hex 32 > token) && pennytie serve --token-file token", "--token-file is missing")
	case (f.cert == "") != (f.key == ""):
		return usagef("give both or none", "--tls-cert and --tls-key go together")
	case !loopback && !f.expose:
		return usagef("add --expose with --tls-cert and --tls-key, or use 127.0.0.1", "--addr %s is reached by other machines", f.addr)
	case !loopback && f.cert == "":
		return usagef("add --tls-cert and --tls-key", "--addr %s is reached by other machines, and tokens would travel in clear", f.addr)
	}
	return nil
}

func (a *app) serve(ctx context.Context, f serveFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	var certificates []tls.Certificate
	if f.cert != "" {
		certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return usagef("check both files", "--tls-cert and --tls-key: %v", err)
		}
		certificates = append(certificates, certificate)
	}
	tokens, err := configs.ReadTokens(f.tokenFile)
	if err != nil {
		return usagef("see: pennytie serve --help", "--token-file: %v", err)
	}
	return a.withStore(ctx, func(cfg *configs.Config, s store.Store) error {
		listener, err := net.Listen("tcp", f.addr)
		if err != nil {
			return usagef("choose another --addr, or stop what listens there", "%v", err)
		}
		server := &http.Server{
			Handler:           httpapi.New(a.apiConfig(cfg, s, tokens, hostsOf(listener.Addr(), f.hosts))),
			ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
			MaxHeaderBytes: 16 << 10, ErrorLog: zap.NewStdLog(a.log),
		}
		scheme := "http"
		if len(certificates) > 0 {
			scheme = "https"
			listener = tls.NewListener(listener, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
		}
		url := scheme + "://" + listener.Addr().String()
		if a.flags.json {
			if err := a.printJSON(map[string]string{"url": url}); err != nil {
				return errors.Join(err, listener.Close())
			}
		} else {
			a.printf("pennytie answers at %s until Ctrl-C\n", url)
		}
		return serveUntil(ctx, server, listener)
	})
}

// serveUntil serves until the context ends, then lets the requests under way finish.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	const farewell = 20 * time.Second
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	err := server.Shutdown(last)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// hostsOf are the values of the header Host that are answered: this machine's own names with the port, and what was named.
func hostsOf(address net.Addr, named []string) []string {
	host, port, _ := net.SplitHostPort(address.String()) // of a listener: always host and port
	var hosts []string
	for _, name := range append([]string{host, "127.0.0.1", "localhost", "::1"}, named...) {
		withPort := strings.ToLower(net.JoinHostPort(name, port))
		hosts = append(hosts, withPort, strings.TrimSuffix(withPort, ":"+port)) // a client leaves out the port of its scheme
	}
	return hosts
}

// turns lets a run that waits have the lock between corrections that come without a pause.
type turns struct{ began, ended time.Time }

func (t *turns) begin() {
	const rest, most = 2 * lockPause, 200 * time.Millisecond
	switch now := time.Now(); {
	case now.Sub(t.ended) >= rest:
		t.began = now
	case now.Sub(t.began) >= most:
		time.Sleep(rest)
		t.began = time.Now()
	}
}

func (a *app) apiConfig(cfg *configs.Config, s store.Store, tokens []configs.Secret, hosts []string) httpapi.Config {
	plain := make([]string, len(tokens))
	for i, token := range tokens {
		plain[i] = token.Reveal()
	}
	writing := make(chan *turns, 1) // one correction of this process at a time asks for the lock
	writing <- &turns{}
	return httpapi.Config{
		Store: s, Tokens: plain, Hosts: hosts, PII: cfg.PII, Log: a.log, NewID: func() string { return "req_" + uuid.NewString() },
		Apply: func(ctx context.Context, c *engine.Edit) (p *reconcile.Payment, version string, err error) {
			const patience = 5 * time.Second // each, for the others of this process and for a run
			select {
			case turn := <-writing:
				turn.begin()
				defer func() {
					turn.ended = time.Now()
					writing <- turn
				}()
			case <-ctx.Done():
				return nil, "", ctx.Err()
			case <-time.After(patience):
				return nil, "", fmt.Errorf("other corrections are under way: %w", jobs.ErrLocked)
			}
			release, err := takeLock(ctx, cfg, patience)
			if err != nil {
				return nil, "", err
			}
			defer func() { err = errors.Join(err, release()) }()
			asOf, err := a.asOf()
			if err != nil {
				return nil, "", err
			}
			e, err := a.handEngine(cfg, s, asOf)
			if err != nil {
				return nil, "", err
			}
			return e.Apply(ctx, c)
		},
	}
}
