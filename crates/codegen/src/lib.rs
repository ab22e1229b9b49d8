//! Writes SDKs and reference pages from the platform model.
