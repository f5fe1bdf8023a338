"""The only code that talks to the world outside the process; only here are pymongo, redis and obstore imported."""
