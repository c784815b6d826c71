"""The directory: who, where and by which rule. Areas, organisations, accounts, API keys, versioned policies."""
