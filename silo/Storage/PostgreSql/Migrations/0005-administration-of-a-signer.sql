-- Without it, the few changes of a signer are looked for among all of its signatures.
CREATE INDEX ledger_entries_signer_admin ON ledger_entries (signer_id, at_ms, operation_id)
    WHERE signer_id IS NOT NULL AND kind = 'admin';
