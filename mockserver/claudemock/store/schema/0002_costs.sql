-- Lines of the ledger have a seventh amount, for web searches, of which there were none before.
UPDATE record SET value = CAST(json_insert(CAST(value AS TEXT), '$[3][#]', 0) AS BLOB)
WHERE shelf IN (SELECT id FROM shelf WHERE scope = '' AND kind = 'cost')
AND json_array_length(CAST(value AS TEXT), '$[3]') = 6;
