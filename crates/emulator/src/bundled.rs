//! The platform of the bundled definition, read when this crate was built.

use purecloud_definition::Platform;
use purecloud_definition::compact;

const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/platform.bin"));

/// The platform that is emulated unless another one is named: what `purecloud_definition::bundled()` reads, in a fifth
/// of the time.
pub fn platform() -> Platform {
    compact::unpack(PACKED).expect("the build script packed it with the same version")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_packed_is_what_the_definition_says() {
        assert_eq!(super::platform(), purecloud_definition::bundled().unwrap());
    }
}
