"""Local copies of what the directory decides (areas, policies, accounts, API keys), fed by its events.

A service mixes the tables it needs into its models and the handlers into its consumers; nobody asks the directory
while a request waits. Each copy keeps the newest state, so an event may come twice, or again from the beginning.
"""
