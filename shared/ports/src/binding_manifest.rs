//! What a Worker reads from its configuration.
//!
//! Each Worker's core has one file of these names, `binding_manifest.rs`. `cargo xtask check`
//! compiles the same file and compares it with the wrangler config in every environment.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    Var,
    /// In Secrets Store, or a plain secret that is in no wrangler config.
    Secret,
    Service,
    Kv,
    R2,
    DurableObject,
    RateLimit,
    Analytics,
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindingManifestEntry {
    pub name: &'static str,
    pub kind: BindingKind,
    /// True if every environment must have the entry.
    pub is_required: bool,
}

/// The name of a variable. `runtime::config` reads no variable by a plain text, so each has an
/// entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Var(pub &'static str);

/// Defines a constant for each name, and `ENTRIES` with all. A constant may have another name:
///
/// ```
/// mod binding_manifest {
///     ports::manifest! {
///         required Var PARTIAL_TTL;
///         optional Service AUTH;
///         required Kv KV_CACHE = "CACHE";
///     }
///
///     pub fn vars() -> [ports::binding_manifest::Var; 1] {
///         [PARTIAL_TTL]
///     }
/// }
///
/// assert_eq!(binding_manifest::vars()[0].0, "PARTIAL_TTL");
/// assert_eq!((binding_manifest::AUTH, binding_manifest::KV_CACHE), ("AUTH", "CACHE"));
/// assert!(!binding_manifest::ENTRIES[1].is_required);
/// ```
///
/// Only the core reads its variables, so the compiler warns of one that no code reads: `ENTRIES`
/// does not use the constants.
#[macro_export]
macro_rules! manifest {
    ($($need:ident $kind:ident $name:ident $(= $text:literal)?;)*) => {
        $($crate::manifest!(@constant $kind $name $($text)?);)*
        #[allow(dead_code, reason = "only `cargo xtask check` reads it")]
        pub const ENTRIES: &[$crate::binding_manifest::BindingManifestEntry] = &[$($crate::binding_manifest::BindingManifestEntry {
            name: $crate::manifest!(@text $name $($text)?),
            kind: $crate::binding_manifest::BindingKind::$kind,
            is_required: $crate::manifest!(@$need),
        }),*];
    };
    (@constant Var $name:ident) => {
        pub(crate) const $name: $crate::binding_manifest::Var =
            $crate::binding_manifest::Var(stringify!($name));
    };
    (@constant $kind:ident $name:ident $($text:literal)?) => {
        pub const $name: &str = $crate::manifest!(@text $name $($text)?);
    };
    (@text $name:ident) => { stringify!($name) };
    (@text $name:ident $text:literal) => { $text };
    (@required) => { true };
    (@optional) => { false };
}
