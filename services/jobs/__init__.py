"""The jobs service (就业): the labour force, the labour ledger, posts, matching, placements and training."""
