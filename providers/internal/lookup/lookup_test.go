package lookup

import (
	"context"
	"errors"
	"sync"
	"testing"
)

type cache struct {
	mu   sync.Mutex
	kept map[string][]byte
	down error
}

func (c *cache) Get(_ context.Context, key string) ([]byte, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, known := c.kept[key]
	return text, known, c.down
}

func (c *cache) Put(_ context.Context, key string, value []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[key] = value
	return c.down
}

type card struct{ Name, City string }

func TestMemory(t *testing.T) {
	kept := &cache{kept: map[string][]byte{"card/old": []byte(`{"Name":"Ada"}`), "card/odd": []byte(`{"Name":"x","City":7}`)}}
	asked := map[string]int{}
	hiccup := errors.New("hiccup")
	ask := func(_ context.Context, id string) (card, bool, error) {
		asked[id]++
		switch {
		case id == "gone":
			return card{}, false, nil
		case id == "down" && asked[id] == 1:
			return card{}, false, hiccup
		}
		return card{Name: id}, true, nil
	}
	memory := New[card]("card", kept)
	of := func(id, want string, wantErr error) {
		t.Helper()
		if got, err := memory.Of(t.Context(), id, ask); got != (card{Name: want}) || !errors.Is(err, wantErr) {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	of("down", "", hiccup)
	for range 2 {
		of("old", "Ada", nil)
		of("odd", "odd", nil)
		of("new", "new", nil)
		of("gone", "", nil)
		of("down", "down", nil)
	}
	if asked["old"] != 0 || asked["odd"] != 1 || asked["new"] != 1 || asked["gone"] != 1 || asked["down"] != 2 {
		t.Errorf("asked %v", asked)
	}
	if _, known := kept.kept["card/gone"]; known || string(kept.kept["card/new"]) != `{"Name":"new","City":""}` {
		t.Errorf("cache %s", kept.kept)
	}
	kept.down = hiccup
	memory = New[card]("card", kept)
	of("old", "old", nil)
	memory = New[card]("card", nil)
	of("old", "old", nil)
}
