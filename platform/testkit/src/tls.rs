//! The process's TLS provider. A program installs it in `main`; tests have none.

/// Installs ring as the default provider of rustls, which every HTTP client needs
/// when it is built, even one that never speaks TLS. May be called any number of times.
pub fn install() {
    // Refused when one is in place already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
