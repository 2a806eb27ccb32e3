{
  # Lets prebuildify put the Rust addon into prebuilds/ for a release: the only step is a run of cargo.
  "targets": [
    {
      "target_name": "ferross",
      "type": "none",
      "actions": [
        {
          "action_name": "cargo",
          "inputs": ["Cargo.toml", "Cargo.lock", "build.rs", "native/lib.rs"],
          "outputs": ["<(PRODUCT_DIR)/ferross.node"],
          "action": ["node", "scripts/cargo-to-gyp.mjs", "<(PRODUCT_DIR)/ferross.node"],
          "message": "cargo build"
        }
      ]
    }
  ]
}
