package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"pennytie/reconcile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a file as ours ("PENY"); the first migration writes it.
const applicationID = 0x50454e59

// connector lets the migration library use the same connections as everybody else.
type connector struct{ file string }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return dial(c.file, "rw", writerSettings())
}

func (c connector) Driver() driver.Driver { return c }

func (c connector) Open(string) (driver.Conn, error) { return c.Connect(context.Background()) }

// migrate brings the schema up to date. Where another process is doing the same, it waits for that.
func migrate(ctx context.Context, file string) error {
	const attempts, pause = 20, 100 * time.Millisecond
	var err error
	for range attempts {
		if err = migrateOnce(ctx, file); err == nil || !errors.Is(err, errRace) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return err
}

// errRace says that another process may have been at the same migration.
var errRace = errors.New("the schema is being changed by another process")

func migrateOnce(ctx context.Context, file string) (err error) {
	db := sql.OpenDB(connector{file})
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	fresh, err := recognise(ctx, db)
	if err != nil {
		return raced(err)
	}
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if !fresh {
		current, target, err := provider.GetVersions(ctx)
		if err != nil {
			return raced(err)
		}
		if current > target {
			return fmt.Errorf("it has version %d and this program knows %d; "+
				"use the newer program that wrote it, or restore a backup made before: %w",
				current, target, reconcile.ErrNewerSchema)
		}
		if current == target {
			return nil
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w: %w", classify(err), errRace)
	}
	return nil
}

// raced marks an error that goes away once the other process is done.
func raced(err error) error {
	err = classify(err)
	if errors.Is(err, reconcile.ErrTransient) {
		return fmt.Errorf("%w: %w", err, errRace)
	}
	return err
}

// recognise tells a new file from one of ours and refuses the file of another program.
func recognise(ctx context.Context, db *sql.DB) (fresh bool, err error) {
	var application, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return false, err
	}
	const others = `SELECT count(*) FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name <> 'goose_db_version'`
	if err := db.QueryRowContext(ctx, others).Scan(&tables); err != nil {
		return false, err
	}
	if tables > 0 && application != applicationID {
		return false, fmt.Errorf("the database belongs to another program: %w", reconcile.ErrInvalid)
	}
	return tables == 0, nil
}
