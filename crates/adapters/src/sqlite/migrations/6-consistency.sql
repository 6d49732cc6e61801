-- What the last sweep found, as JSON: one row.
CREATE TABLE consistency (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    report TEXT NOT NULL
) STRICT, WITHOUT ROWID;
