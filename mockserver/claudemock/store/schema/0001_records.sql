-- 'clmk', by which a state file is known.
PRAGMA application_id = 0x636c6d6b;

-- A shelf is one kind of one scope: its name is written once, not with each record.
CREATE TABLE shelf (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    kind TEXT NOT NULL,
    UNIQUE (scope, kind)
);

-- AUTOINCREMENT, because a sequence is never given twice.
CREATE TABLE record (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf INTEGER NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL
);

CREATE UNIQUE INDEX record_by_key ON record (shelf, key);

-- Ends with the sequence, as every index ends with the row's id: the order of a shelf.
CREATE INDEX record_by_sequence ON record (shelf);

CREATE TRIGGER shelf_cleared BEFORE DELETE ON shelf
BEGIN
    DELETE FROM record WHERE shelf = OLD.id;
END;
