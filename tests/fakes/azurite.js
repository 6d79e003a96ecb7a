// Azurite's blob service, from the folder that AZURITE_MODULES names, with pages of 100 instead of 5,000 blobs, so that a
// short listing has pages. Its arguments are Azurite's own.
"use strict";
const path = require("path");
const blob = path.join(process.env.AZURITE_MODULES, "azurite", "dist", "src", "blob");
require(path.join(blob, "utils", "constants.js")).DEFAULT_LIST_BLOBS_MAX_RESULTS = 100;
require(path.join(blob, "main.js"));
