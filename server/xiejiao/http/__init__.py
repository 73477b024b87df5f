"""What every feature's routes share: access marks, parsing, problem documents, headers, the API document."""
