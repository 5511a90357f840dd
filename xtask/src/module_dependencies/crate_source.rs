//! The modules of a crate: what each defines, imports and names. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

use crate::workspace::read_text_file;

/// A path as written, segment by segment.
pub type RustPath = Vec<String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub path: RustPath,
    /// The local name; `*` for everything.
    pub name: String,
    /// True for `pub use` in any form: it re-exports a name.
    pub is_public: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Module {
    pub children: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub items: BTreeSet<String>,
    /// Every other path that its code names.
    pub named: BTreeSet<RustPath>,
    /// Statics: state outside of every value.
    pub statics: Vec<String>,
}

/// A crate: its modules by their path from the crate's root.
#[derive(Clone, Debug, Default)]
pub struct CrateModules {
    /// The name in Rust code.
    pub name: String,
    /// Its modules; the root has the empty path.
    pub modules: BTreeMap<RustPath, Module>,
}

impl CrateModules {
    pub fn read(dir: &Path) -> Result<Self> {
        let manifest: toml::Table = std::fs::read_to_string(dir.join("Cargo.toml"))?.parse()?;
        let name = manifest.get("package").and_then(|p| p.get("name")).and_then(|n| n.as_str());
        let name = name.context("its manifest names no package")?;
        let mut krate = Self::new(name);
        let src = dir.join("src");
        let entry = ["lib.rs", "main.rs"].map(|file| src.join(file));
        let entry = entry.iter().find(|file| file.is_file()).context("it has no entry file")?;
        krate.add_file(&RustPath::new(), entry, &src)?;
        Ok(krate)
    }

    pub fn new(name: &str) -> Self {
        Self { name: name.replace('-', "_"), modules: BTreeMap::new() }
    }

    /// Adds the module with this text, and the modules inside of it. Returns the modules that have
    /// files of their own.
    pub fn add_module(&mut self, path: &[String], text: &str) -> Result<Vec<RustPath>> {
        let file = syn::parse_file(text)?;
        let mut elsewhere = Vec::new();
        self.add_items(path, file.items, &mut elsewhere);
        Ok(elsewhere)
    }

    fn add_file(&mut self, path: &[String], file: &Path, children: &Path) -> Result<()> {
        let elsewhere = self
            .add_module(path, &read_text_file(file)?)
            .with_context(|| file.display().to_string())?;
        for module in elsewhere {
            let inside = module.get(path.len()..).unwrap_or_default();
            let folder = children.join(inside.iter().collect::<PathBuf>());
            let flat = folder.with_extension("rs");
            let file = if flat.is_file() { flat } else { folder.join("mod.rs") };
            self.add_file(&module, &file, &folder)?;
        }
        Ok(())
    }

    fn add_items(&mut self, path: &[String], items: Vec<Item>, elsewhere: &mut Vec<RustPath>) {
        let mut module = Module::default();
        for item in items.into_iter().filter(|item| !is_test(attributes(item))) {
            if let Some(name) = item_identifier(&item) {
                module.items.insert(name);
            }
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let child: RustPath = path.iter().cloned().chain([name.clone()]).collect();
                    module.children.insert(name);
                    match inner.content {
                        Some((_, items)) => self.add_items(&child, items, elsewhere),
                        // The file belongs to another crate, and is checked there.
                        None if inner.attrs.iter().any(|a| a.path().is_ident("path")) => {}
                        None => elsewhere.push(child),
                    }
                }
                other => PathCollector(&mut module).visit_item(&other),
            }
        }
        self.modules.insert(path.to_vec(), module);
    }
}

/// Collects the names in an item.
struct PathCollector<'m>(&'m mut Module);

impl<'ast> Visit<'ast> for PathCollector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        flatten_use_tree(&item.tree, &mut RustPath::new(), is_public, &mut self.0.imports);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.0.statics.push(item.ident.to_string());
        visit::visit_item_static(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.named.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.segments.last().is_some_and(|last| last.ident == "thread_local") {
            self.0.statics.push("thread_local!".to_owned());
        }
        self.visit_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.visit_tokens(list.tokens.clone());
        }
    }
}

impl PathCollector<'_> {
    /// Collects the paths in the tokens of a macro or an attribute, also in quotes, as in serde's
    /// attributes.
    fn visit_tokens(&mut self, tokens: TokenStream) {
        let mut path = RustPath::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.flush_path(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.flush_path(&mut path);
                    self.visit_tokens(group.stream());
                }
                TokenTree::Literal(literal) => {
                    self.flush_path(&mut path);
                    let text = literal.to_string();
                    let text = text.trim_matches('"');
                    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
                    if text.contains("::") && text.chars().all(is_path) {
                        self.0.named.insert(text.split("::").map(str::to_owned).collect());
                    }
                }
                TokenTree::Punct(_) => self.flush_path(&mut path),
            }
        }
        self.flush_path(&mut path);
    }

    fn flush_path(&mut self, path: &mut RustPath) {
        if !path.is_empty() {
            self.0.named.insert(std::mem::take(path));
        }
    }
}

fn flatten_use_tree(
    tree: &UseTree,
    above: &mut RustPath,
    is_public: bool,
    imports: &mut Vec<Import>,
) {
    let mut add = |path: RustPath, name: String| imports.push(Import { path, name, is_public });
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            flatten_use_tree(&path.tree, above, is_public, imports);
            above.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            add(above.clone(), above.last().cloned().unwrap_or_default());
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            add(above.iter().cloned().chain([name.clone()]).collect(), name);
        }
        UseTree::Rename(rename) => {
            let mut path = above.clone();
            if rename.ident != "self" {
                path.push(rename.ident.to_string());
            }
            add(path, rename.rename.to_string());
        }
        UseTree::Glob(_) => add(above.clone(), "*".to_owned()),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten_use_tree(tree, above, is_public, imports);
            }
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && asks_for_test(list.tokens.clone())
    })
}

/// True for `test`, also within `all` and `any`; not for `not(test)`.
fn asks_for_test(tokens: TokenStream) -> bool {
    let mut negated = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            negated = ident == "not";
            ident == "test"
        }
        TokenTree::Group(group) => !negated && asks_for_test(group.stream()),
        _ => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

fn item_identifier(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::Type(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
