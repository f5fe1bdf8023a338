"""The pages that are generated from the code, and the check that they have not drifted."""
