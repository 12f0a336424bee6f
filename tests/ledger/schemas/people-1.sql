CREATE TABLE person (id TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT NOT NULL, account TEXT NOT NULL, language TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE contract (id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person, policy TEXT NOT NULL, boundary_set TEXT NOT NULL, commune TEXT NOT NULL, sum_insured INTEGER NOT NULL, currency TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX contract_policy ON contract (policy, boundary_set, commune, id);
CREATE INDEX contract_commune ON contract (boundary_set, commune, person, id);
