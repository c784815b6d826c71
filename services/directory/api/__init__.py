"""HTTP of the directory, by noun."""

from services.directory.api import accounts, api_keys, areas, organisations, policies, tokens

ROUTERS = (tokens.router, areas.router, organisations.router, accounts.router, api_keys.router, policies.router)

__all__ = ["ROUTERS"]
