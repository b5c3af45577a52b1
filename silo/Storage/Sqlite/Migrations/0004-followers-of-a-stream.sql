-- Without them, whoever follows a stream for its few administrative entries or its refusals reads every signature.
CREATE INDEX ledger_entries_place_admin ON ledger_entries (stream, number) WHERE kind = 'admin';
CREATE INDEX ledger_entries_place_refused ON ledger_entries (stream, number) WHERE outcome <> 'success';
