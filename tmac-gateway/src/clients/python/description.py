"""Checks /openapi.json against the schema of OpenAPI 3.1."""

import json
import os
import urllib.request

import openapi_spec_validator

with urllib.request.urlopen(os.environ["GATEWAY_URL"] + "/openapi.json") as reply:
    openapi_spec_validator.validate(json.load(reply))
print("openapi.json ok")
