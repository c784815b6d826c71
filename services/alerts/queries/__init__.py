"""The statements of the alerts service: intake in the driver's own words, the rest as SQLAlchemy."""
