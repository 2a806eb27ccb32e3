//! RSA as OSS's client-side encryption uses it: PKCS#1 v1.5 and OAEP with SHA-1.
//!
//! Unwrapping takes the same time and gives some answer whatever the padding says: a damaged PKCS#1 ciphertext yields bytes
//! derived from key and ciphertext. The caller must check the length, and the content by other means.

use ::rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use ::rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ::rsa::{Error, PrivateKey, PublicKey};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::error::Failure;

/// Padding scheme.
#[derive(Clone, Copy)]
pub enum Padding {
    /// PKCS#1 v1.5.
    Pkcs1,
    /// OAEP with SHA-1.
    Oaep,
}

/// Wraps `data` with a public key in PEM, SPKI or PKCS#1.
pub fn encrypt(pem: &str, data: &[u8], padding: Padding) -> Result<Vec<u8>, Failure> {
    let key = PublicKey::from_public_key_pem(pem).or_else(|_| PublicKey::from_pkcs1_pem(pem));
    let key = key.map_err(|_| Failure::KeyInvalid)?;
    let wrapped = match padding {
        Padding::Pkcs1 => key.pkcs1v15_encrypt(data),
        Padding::Oaep => key.oaep_encrypt::<Sha1>(data),
    };
    wrapped.map_err(|error| match error {
        Error::MessageTooLong => Failure::MessageTooLong,
        other => Failure::Internal(other.to_string()),
    })
}

/// Unwraps `data` with a private key in PEM, PKCS#8 or PKCS#1.
pub fn decrypt(pem: &str, data: &[u8], padding: Padding) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let key = PrivateKey::from_pkcs8_pem(pem).or_else(|_| PrivateKey::from_pkcs1_pem(pem));
    let key = key.map_err(|_| Failure::KeyInvalid)?;
    let unwrapped = match padding {
        Padding::Pkcs1 => key.pkcs1v15_decrypt(data),
        Padding::Oaep => key.oaep_decrypt::<Sha1>(data),
    };
    unwrapped
        .map(Zeroizing::new)
        .map_err(|_| Failure::Decryption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
    use ::rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
    use std::sync::OnceLock;

    /// Public and private key, each in both of its forms.
    fn keys() -> &'static ([String; 2], [String; 2]) {
        static KEYS: OnceLock<([String; 2], [String; 2])> = OnceLock::new();
        KEYS.get_or_init(|| {
            let private = PrivateKey::new(&mut getrandom::SysRng, 1024).expect("a key can be made");
            let public = private.to_public_key();
            let lf = LineEnding::LF;
            (
                [
                    public.to_public_key_pem(lf).expect("SPKI can hold the key"),
                    public.to_pkcs1_pem(lf).expect("PKCS#1 can hold the key"),
                ],
                [
                    private
                        .to_pkcs8_pem(lf)
                        .expect("PKCS#8 can hold the key")
                        .to_string(),
                    private
                        .to_pkcs1_pem(lf)
                        .expect("PKCS#1 can hold the key")
                        .to_string(),
                ],
            )
        })
    }

    #[test]
    fn what_was_wrapped_unwraps_under_every_form_of_the_key() {
        let (public, private) = keys();
        for padding in [Padding::Pkcs1, Padding::Oaep] {
            for (public, private) in public.iter().zip(private) {
                let wrapped = encrypt(public, &[5; 32], padding).expect("32 bytes fit");
                assert_eq!(wrapped.len(), 128);
                assert_eq!(
                    *decrypt(private, &wrapped, padding).expect("it is intact"),
                    [5; 32]
                );
            }
        }
    }

    #[test]
    fn damage_gives_the_same_noise_each_time_and_never_the_message() {
        let private = &keys().1[0];
        let damaged = [1; 128];
        let first = decrypt(private, &damaged, Padding::Pkcs1).expect("damage is not reported");
        let second = decrypt(private, &damaged, Padding::Pkcs1).expect("damage is not reported");
        assert_eq!(*first, *second);
        assert!(matches!(
            decrypt(private, &damaged, Padding::Oaep),
            Err(Failure::Decryption)
        ));
        assert!(matches!(
            decrypt(private, &damaged[1..], Padding::Pkcs1),
            Err(Failure::Decryption)
        ));
    }

    #[test]
    fn wrong_keys_and_long_messages_are_told_apart() {
        let (public, private) = keys();
        assert!(matches!(
            encrypt(&private[0], b"", Padding::Pkcs1),
            Err(Failure::KeyInvalid)
        ));
        assert!(matches!(
            decrypt(&public[0], b"", Padding::Pkcs1),
            Err(Failure::KeyInvalid)
        ));
        assert!(matches!(
            encrypt(&public[0], &[0; 118], Padding::Pkcs1),
            Err(Failure::MessageTooLong)
        ));
        assert!(matches!(
            encrypt(&public[0], &[0; 87], Padding::Oaep),
            Err(Failure::MessageTooLong)
        ));
    }
}
