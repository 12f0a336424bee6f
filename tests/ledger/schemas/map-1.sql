CREATE TABLE boundary_set (name TEXT PRIMARY KEY, hash BLOB NOT NULL, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE commune (boundary_set TEXT NOT NULL REFERENCES boundary_set, code TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, area_km2 REAL NOT NULL, shape BLOB NOT NULL, UNIQUE (boundary_set, code)) STRICT;
CREATE TABLE weights (boundary_set BLOB NOT NULL, grid BLOB NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL, UNIQUE (boundary_set, grid)) STRICT;
