package fake

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a running handler on loopback.
type Server struct {
	http *http.Server
	addr string
	done chan struct{}
}

// Option changes how Listen binds.
type Option func(*listenOptions)

type listenOptions struct{ addr string }

// At asks for a given address instead of a free port of 127.0.0.1. It must be loopback.
func At(addr string) Option { return func(o *listenOptions) { o.addr = addr } }

// Listen serves h on loopback until Close. Any other address is refused: a fake holds made-up money,
// and nobody outside this machine should ever be able to mistake it for a service.
func Listen(h http.Handler, options ...Option) (*Server, error) {
	o := listenOptions{addr: "127.0.0.1:0"}
	for _, option := range options {
		option(&o)
	}
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return nil, fmt.Errorf("fake server address: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("fake server address %q: only a loopback IP is allowed", o.addr)
	}
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return nil, fmt.Errorf("fake server: %w", err)
	}
	s := &Server{
		http: &http.Server{
			Handler:           h,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      2 * time.Minute, // slow-drip faults need room
			IdleTimeout:       time.Minute,
		},
		addr: listener.Addr().String(),
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		// Serve always returns an error; after Close it is http.ErrServerClosed.
		_ = s.http.Serve(listener)
	}()
	return s, nil
}

// URL is the base address without a trailing slash.
func (s *Server) URL() string { return "http://" + s.addr }

// Close cuts open connections and waits for the accept loop to end.
func (s *Server) Close() error {
	err := s.http.Close()
	<-s.done
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Clock is a clock that moves only when told to. Its Now can be given to NewStripe.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now says where the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to t, backwards too.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Advance moves the clock by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
