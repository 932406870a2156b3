package files

import (
	"bytes"
	"io"
)

// maxRecord bounds one record. An open quote can make the reader look ahead no further than this.
const maxRecord = 1 << 20

// readSize is how much is asked of the file at once.
const readSize = 256 << 10

// record is one candidate for a row: a physical line, or several if a quoted cell spans them. It is
// valid until the reader moves on.
type record struct {
	raw    []byte // with line endings
	first  int    // length of its first physical line
	line   int    // physical line where it starts
	open   bool   // a quote opened in the first line is never closed: raw is the first line only
	tooBig bool   // raw is the beginning of a line of more than maxRecord bytes
}

// lines cuts a stream into records and knows where each begins.
type lines struct {
	src    io.Reader
	buf    []byte
	start  int // of the unread part of buf
	offset int64
	line   int
	ended  bool
	err    error
}

func newLines(src io.Reader) *lines { return &lines{src: src, line: 1} }

// peek shows the next record. A record ends at the first line end outside quotes; in well-formed CSV that
// is where the number of quotes is even, and what is not well-formed is found by the parser. It returns
// io.EOF at the end.
func (l *lines) peek(quotes bool) (record, error) {
	n, ok := l.lineEnd(0)
	if l.err != nil {
		return record{}, l.err
	}
	if n == 0 {
		return record{}, io.EOF
	}
	r := record{raw: l.unread()[:n], first: n, line: l.line}
	if !ok {
		r.tooBig = true
		return r, nil
	}
	if !quotes {
		return r, nil
	}
	for odd := bytes.Count(r.raw, []byte{'"'})%2 == 1; odd; {
		more, ok := l.lineEnd(n)
		if l.err != nil {
			return record{}, l.err
		}
		if more == n || !ok {
			return record{raw: l.unread()[:r.first], first: r.first, line: l.line, open: true}, nil
		}
		odd = bytes.Count(l.unread()[n:more], []byte{'"'})%2 == 0
		n = more
	}
	r.raw = l.unread()[:n] // the buffer may have moved
	return r, nil
}

// skip moves past the record, or only past its first physical line, so that a stray quote loses one line
// and not the rest of the file.
func (l *lines) skip(r record, firstLineOnly bool) error {
	if r.tooBig {
		return l.skipLine()
	}
	n := len(r.raw)
	if firstLineOnly {
		n = r.first
	}
	l.advance(n)
	return nil
}

// skipLine moves past a line of any length.
func (l *lines) skipLine() error {
	for {
		if i := bytes.IndexByte(l.unread(), '\n'); i >= 0 {
			l.advance(i + 1)
			return nil
		}
		l.offset += int64(len(l.unread()))
		l.start, l.buf = 0, l.buf[:0]
		if l.ended {
			return l.err
		}
		l.fill()
	}
}

func (l *lines) advance(n int) {
	l.line += bytes.Count(l.unread()[:n], []byte{'\n'})
	l.start += n
	l.offset += int64(n)
}

func (l *lines) unread() []byte { return l.buf[l.start:] }

// lineEnd is the length of the unread bytes up to and with the first line end at or after from. It
// is not ok if that is further than maxRecord; at the end of the stream it is all that is left.
func (l *lines) lineEnd(from int) (n int, ok bool) {
	for {
		if i := bytes.IndexByte(l.unread()[from:], '\n'); i >= 0 {
			return from + i + 1, from+i < maxRecord
		}
		from = len(l.unread())
		if from > maxRecord {
			return maxRecord, false
		}
		if l.ended {
			return from, true
		}
		l.fill()
	}
}

// fill reads more behind the unread bytes. An error is kept in err and ends the stream.
func (l *lines) fill() {
	if cap(l.buf)-len(l.buf) < readSize/2 {
		grown := l.buf[:0]
		if cap(l.buf) < len(l.unread())+readSize {
			grown = make([]byte, 0, 2*(len(l.unread())+readSize))
		}
		l.buf, l.start = append(grown, l.unread()...), 0
	}
	n, err := l.src.Read(l.buf[len(l.buf):cap(l.buf)])
	l.buf = l.buf[:len(l.buf)+n]
	if err != nil {
		l.ended = true
		if err != io.EOF {
			l.err = err
		}
	}
}
