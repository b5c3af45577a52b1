-- Without it, the refusals of one person at a signer are looked for among all of the signer's, or all of the person's entries.
CREATE INDEX ledger_entries_signer_actor_refused ON ledger_entries (signer_id, actor_id, at_ms, operation_id)
    WHERE signer_id IS NOT NULL AND outcome <> 'success';
