"""What :mod:`gateway.delivery` asks of the store for every text, written out."""

from sqlalchemy import column, text

# Written out for the driver: they are asked for every text, and to put them together takes longer than to answer
# them. Their columns are named so that nobody has to look for them in each answer. The states stand in them as they do
# in the index, or a prepared statement could not use it. A text goes to the number, also when its reader is on a page.
# Most urgent first; within a conversation none overtakes an equal or more urgent one. A first try waits for no clock.
FREE = text("""
WITH waiting AS (
    SELECT d.id, d.priority,
           CASE v.channel WHEN 'sms' THEN v.contact_id ELSE coalesce(v.other_contact_id, v.contact_id) END AS contact_id
    FROM deliveries d JOIN conversations v ON v.id = d.conversation_id
    WHERE d.status = 'queued' AND d.priority <= :last
      AND (d.attempts = 0 OR d.next_attempt_at <= coalesce(CAST(:now AS timestamptz), now()))
      AND NOT EXISTS (
          SELECT FROM deliveries e
          WHERE e.conversation_id = d.conversation_id AND e.id < d.id AND e.priority <= d.priority
            AND e.status IN ('queued', 'sending'))
    ORDER BY d.priority, d.id LIMIT 20)
SELECT d.id, d.conversation_id, d.priority, d.attempts, d.confirms_stop, m.text, m.created_at AS written_at,
       c.channel, c.address_hash, c.address_sealed, coalesce(CAST(:now AS timestamptz), now()) AS at
FROM waiting w JOIN contacts c ON c.id = w.contact_id JOIN deliveries d ON d.id = w.id
JOIN messages m ON m.id = d.message_id
WHERE d.status = 'queued'
ORDER BY w.priority, w.id LIMIT 1
FOR SHARE OF c SKIP LOCKED FOR UPDATE OF d SKIP LOCKED
""").columns(*map(column, """id conversation_id priority attempts confirms_stop text written_at channel address_hash
address_sealed at""".split()))  # fmt: skip
MARK = text("""
WITH barred AS (
    SELECT NOT :confirms_stop AND EXISTS (
        SELECT FROM opt_outs WHERE channel = :channel AND address_hash = :address_hash AND ended_at IS NULL) AS it_is)
UPDATE deliveries SET
    status = CASE WHEN it_is THEN 'cancelled' ELSE 'sending' END,
    error_code = CASE WHEN it_is THEN :opted_out ELSE error_code END,
    attempts = CASE WHEN it_is THEN attempts ELSE attempts + 1 END,
    sending_since = CASE WHEN it_is THEN sending_since ELSE coalesce(CAST(:now AS timestamptz), now()) END,
    updated_at = coalesce(CAST(:now AS timestamptz), now())
FROM barred WHERE id = :id RETURNING status
""").columns(column("status"))
TAKE_OF = text("""
UPDATE deliveries t SET status = 'sending', attempts = 1, sending_since = now(), updated_at = now()
FROM messages m
WHERE t.id = (SELECT d.id FROM deliveries d
              WHERE d.conversation_id = :conversation AND d.status IN ('queued', 'sending')
              ORDER BY d.status = 'sending' DESC, d.priority, d.id LIMIT 1)
  AND t.status = 'queued' AND t.attempts = 0 AND t.priority <= :last AND m.id = t.message_id
  AND (t.confirms_stop OR NOT EXISTS (
      SELECT FROM opt_outs WHERE channel = :channel AND address_hash = :address_hash AND ended_at IS NULL))
RETURNING t.id, t.priority, t.attempts, t.confirms_stop, m.text, m.created_at AS written_at
""").columns(*map(column, "id priority attempts confirms_stop text written_at".split()))
ARRIVED = text("""
UPDATE deliveries SET status = 'delivered', updated_at = :now
WHERE provider_id = :provider_id AND status IN ('queued', 'sending', 'sent') RETURNING id
""").columns(column("id"))
# Returns a row where a receipt came before its text had a name.
SENT = text("""
WITH done AS (
    UPDATE deliveries SET
        provider_id = coalesce(provider_id, :provider_id),
        status = CASE WHEN status IN ('queued', 'sending') THEN 'sent' ELSE status END,
        updated_at = CASE WHEN status IN ('queued', 'sending') THEN coalesce(CAST(:now AS timestamptz), now())
                          ELSE updated_at END
    WHERE id = :id AND (attempts = :attempt OR status = 'queued') RETURNING provider_id)
SELECT 1 FROM done JOIN early_receipts USING (provider_id)
""").columns(column("early"))
