//! Word lists, all in folded form.

use std::cmp::Ordering;

/// A list of words, sorted and written as one string: a slice of words takes eight bytes a word
/// more in the wasm. A query is looked up in several lists of hundreds, hence the binary search.
#[derive(Clone, Copy, Debug)]
pub struct SortedWordList(&'static str);

impl SortedWordList {
    /// The words of a text, in byte order, separated by one space or line end.
    pub const fn new(text: &'static str) -> Self {
        Self(text.trim_ascii_end())
    }

    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split_ascii_whitespace()
    }

    /// Whether the words are in strictly ascending order, which the search requires.
    #[cfg(test)]
    pub(crate) fn is_sorted(&self) -> bool {
        self.iter().is_sorted_by(|a, b| a < b)
    }

    pub fn contains(&self, word: &str) -> bool {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\n');
        let mut rest = self.0.as_bytes();
        while !rest.is_empty() {
            let (left, right) = rest.split_at(rest.len() / 2);
            let start = left.iter().rposition(is_space).map_or(0, |at| at + 1);
            let end = right.iter().position(is_space).map_or(rest.len(), |at| left.len() + at);
            rest = match word.as_bytes().cmp(rest.get(start..end).unwrap_or_default()) {
                Ordering::Equal => return true,
                Ordering::Less => rest.get(..start.saturating_sub(1)).unwrap_or_default(),
                Ordering::Greater => rest.get(end + 1..).unwrap_or_default(),
            };
        }
        false
    }
}

/// Generations after a name (father and son): kept in keys.
pub(crate) const NAME_SUFFIXES: SortedWordList =
    SortedWordList::new("ii iii iv jr junior senior sr");

/// Degrees and orders after a name, dots removed: dropped.
pub(crate) const DEGREES: SortedWordList = SortedWordList::new(
    "ba bsc cbe cpa dds dmin dphil dvm edd esq facp frs jd kbe lcsw llb llm ma mba mbe md mfa \
     mph ms msc obe ocd op osb pe phd psyd rd rn sj thd",
);

/// Titles before a name, ignored when two names are compared.
pub(crate) const HONORIFICS: SortedWordList = SortedWordList::new(
    "brother capt captain col colonel dame dr father fr gen general lady lord miss mr mrs ms \
     prof professor rev reverend saint sir sister st",
);

/// Dignities that follow a name after a comma ("Prince Harry, The Duke of Sussex").
pub(crate) const DIGNITIES: SortedWordList = SortedWordList::new(
    "abbot archbishop baron baroness bishop count countess duchess duke earl emperor empress \
     king lady lord marquess marquis pope prince princess queen saint viscount",
);

/// Words after a comma that mean an organisation, not a person ("Little, Brown and Company").
pub(crate) const CORPORATE: SortedWordList = SortedWordList::new(
    "ag association books co college committee company corp corporation council department \
     editors foundation gmbh inc institute llc llp ltd ministry museum plc press publications \
     publishers publishing sa society staff university",
);

/// The role in a bracket after an author's name.
pub(crate) const ROLES: SortedWordList = SortedWordList::new(
    "adapted adapter afterword artist author colorist compiler contributor creator ed editor \
     editors eds foreword goodreads illus illustrated illustrator intro introduction letterer \
     narrated narrator photographer preface pseud pseudonym read reader tr trans translated \
     translator writer",
);

/// Name particles: part of a surname, no evidence of a title.
pub(crate) const PARTICLES: SortedWordList = SortedWordList::new(
    "af al av ben bin bint da dal dalla das de del della den der des di do dos du e el ibn la \
     le les lo mac mc saint san santa st te ten ter van vom von y zu zum",
);

/// Nouns for a series, as the last word in a bracket.
pub(crate) const SERIES_NOUNS: SortedWordList = SortedWordList::new(
    "chronicles cycle duology quartet quintet saga sequence series tetralogy trilogy universe",
);

/// Words before the number of a volume.
pub(crate) const VOLUME_NOUNS: SortedWordList = SortedWordList::new(
    "band bd bind bk bok book buch chapter deel episode folge heft issue kniha libro \
     livre livro n no nr num number numero osa part parte partie saison season staffel svazek \
     teil temporada tom tome tomo vol volume volumen выпуск книга номер сезон том часть",
);

/// A bracket or an ending with one of these words names an edition.
pub(crate) const EDITION_NOUNS: SortedWordList = SortedWordList::new(
    "abridged annotated audible audiobook audiolibro auflage ausgabe bestseller bestselling \
     bolsillo bolso broche classics club collectible deluxe ebook ed edicao edice edicion edition \
     editions edizione edn epub everymans gebundene gekurzt gekurzte hardback hardcover hc \
     horbuch illustrata illustrated illustre illustree illustriert illustrierte ilustrada \
     ilustrado import kindle luisterboek mmpb mobi paperback pdf poche print relie reprint retail \
     revised softcover tascabile taschenbuch tie tpb udgave uitgave unabridged ungekurzt \
     ungekurzte utgava utgave wydanie издание",
);

/// All words of the names of editions.
pub(crate) const EDITION_WORDS: SortedWordList = SortedWordList::new(
    "100th 10th 150th 1st 200th 20th 25th 2nd 30th 3rd 40th 4th 50th 5th 60th 6th 70th 75th 7th \
     80th 8th 90th 9th abridged and aniversario anniversario anniversary annotated audible audio \
     audiobook audiobooks audiobuch audiolibro auflage ausgabe authorised authorized bantam \
     barnes bestseller bestselling binding blanda bolsillo bolso book books bound broche cartone \
     cd cds centennial clasicos classic classics classiques club collectible collector collectors \
     color colour complete corrected cover critical de definitive deluxe digital dover dura dutch \
     ebook ed edicao edice edicion edition editions edizione edizioni edn eighth english enhanced \
     epub especial everyman everymans exclusive expanded fifth film first format fourth french \
     full gebundene gekurzt gekurzte german gilt hardback hardcover harper hc horbuch illustrata \
     illustrated illustre illustree illustriert illustrierte ilustrada ilustrado import in \
     interactive international italian jenna kindle large leather leatherbound lesung library \
     limited luisterboek market mass mmpb mobi modern motion movie national netflix new ninth \
     noble norton of oprahs original oxford paperback pdf penguin perennial pick picture poche \
     portuguese print puffin read reeses relie reprint restored retail revised rustica s second \
     selection series seventh signed signet sixth softcover spanish special speciale student tapa \
     tascabile taschenbuch tenth texts the third thrift tie times tpb trade tradeback tv udgave \
     uitgave unabridged uncut unexpurgated ungekurzt ungekurzte updated utgava utgave version \
     vintage waterstones with wordsworth world worlds wydanie york издание",
);

/// Words that require a noun after them: in the middle of a text they show a title. Name particles
/// (de, van, la …) are left out, because names have them too.
pub(crate) const CONNECTORS: SortedWordList = SortedWordList::new(
    "a across against am among an and as at au auf aux between beyond con dans dei della delle \
     des eine en et for from fur his i im in into med mit my nel no nor och of og ohne on or \
     our pa para por pour sans sin sur the their through til to und under une vom with without \
     your zum zur без в для за и из на о об под с у",
);

/// Articles that begin a title but never a name.
pub(crate) const LEADING_ARTICLES: SortedWordList =
    SortedWordList::new("a an das der det een ein eine gli het il las les los the uma un une");

/// Whether a folded word alone identifies no book: an article, a preposition, "and".
pub fn is_function_word(word: &str) -> bool {
    CONNECTORS.contains(word) || LEADING_ARTICLES.contains(word) || MOVED_ARTICLES.contains(word)
}

/// Articles that a catalogue moves to the end of a title ("Hobbit, The").
pub(crate) const MOVED_ARTICLES: SortedWordList = SortedWordList::new(
    "a an das der die een ein eine el gli het i il la las le les lo los the un une",
);

/// Common given names in several languages. They do not show who is a person (the form alone
/// cannot), but that a letter after one is an initial.
pub(crate) const GIVEN_NAMES: SortedWordList = SortedWordList::new(
    "aaron abby abigail adam adrian agatha agnes ahmed aidan alan albert aldous alex alexander \
     alexandra alexandre alfred alice alison allan allen alyssa amanda amelia amos amy ana \
     anais andre andrea andrei andrew andrzej andy angela anita ann anna anne annie anthony \
     antoine anton antonia antonio antony ariel arnold arthur arturo ashley astrid august \
     augustine ava barack barbara barry beatrice ben benjamin bernard bertrand beth betty bill \
     blake bob boris brad brandon brene brent brian bruce bryan burton caleb camille carl carla \
     carlo carlos carol caroline carson cassandra catherine cecelia charles charlie charlotte \
     chimamanda chris christian christina christine christopher chuck cixin claire clara claude \
     clive colin colleen colson connie cormac craig dale dan dana daniel danielle daphne dave \
     david dean deborah denis dennis diana diane dmitri dmitry don donald donna doris dorothy \
     doug douglas dylan edgar edith edmund eduardo edward edwin eiji eleanor elena elias elif \
     elisabeth elizabeth ellen elliot elmore emile emily emma enid eoin eric erica erich erik \
     erin ernest ethan eudora eugene eva evan evelyn felix fernando fiona flannery florence \
     ford frances francesca francis francois frank franz fred frederick friedrich fyodor \
     gabriel gabrielle gail gary gene geoffrey george georges georgette gerald germaine \
     gertrude gillian giovanni glen glenn gloria grace graham greg gregory guillermo gunter gus \
     gustave guy hal han hannah harlan harold harper harriet harry haruki heather hector helen \
     helene henri henrik henry herbert herman hermann hilary hildegard holly homer honore \
     horace howard hugh hugo ian ida ignatius igor ilona immanuel ingrid iris irvin irving \
     isaac isabel isabella isidore italo ivan jack jacob jacqueline jacques jaime james jamie \
     jan jane janet jasper jay jean jeanette jeff jeffrey jen jennifer jenny jeremy jerome \
     jerry jesmyn jesse jessica jhumpa jill jim jo joan joanna joanne jodi joe joel johann \
     johannes john jojo jon jonas jonathan jordan jorge jose josef joseph josephine joshua joy \
     joyce juan judith judy jules julia julian julie juliet julio jun junot justin karen karin \
     karl kate katherine kathleen kathryn kathy katie kazuo keith kelly ken kenneth kenzaburo \
     kevin khaled kim kingsley kurt kyle lars laura lauren laurence laurie lawrence lee leigh \
     lemony len leo leon leonard leonora leslie lev lewis lillian linda lionel lisa liu liz \
     lois lorraine louis louisa louise lucia lucy ludwig luis luke lydia lynn mackenzie \
     madeleine madeline malcolm marc marcel marcus margaret marge maria marian marie marilynne \
     mario marion marissa mark markus marlon martha martin mary mathilde matt matthew maurice \
     max maxine maya megan melissa mercedes michael michel michelle miguel mihail mike mikhail \
     milan mildred miriam mitch mohsin molly mona monica muriel nadine nancy naomi natalie \
     nathan nathaniel neal ned neil nell nelson ngugi nicholas nick nicola nicole nikolai nina \
     noah noam nora norman octavia olga oliver olivia orhan orson oscar otto pablo pat patricia \
     patrick paul paula paulo pearl penelope percy peter philip philippa phillip pierre primo \
     rachel rainer ralph randall ray raymond rebecca rene rex richard rick rita robert roberto \
     robin rod roger roland romain roman ron ronald rosa rosamund rose rosemary ross roxane roy \
     ruby rudyard rupert russell ruth ryan sally salman sam samantha samuel sandra sara sarah \
     saul scott sean sebastian sergei seth shannon sharon shelley sherman shirley sidney \
     sigmund sigrid simon simone sinclair sofia sophia sophie stanislaw stella stephanie \
     stephen stephenie steve steven stieg stuart sue suki susan susanna suzanne sven sylvia \
     tamsyn tana tara tayari taylor ted terry theodor theodore theresa thomas tim timothy toby \
     todd tom toni tony tove tracy truman umberto upton ursula val valerie vera veronica victor \
     victoria viet viktor vincent virginia vladimir walker wallace walt walter wendy wilbur \
     wilkie will willa william winston wolfgang yaa yann yasunari yevgeny yukio yuval zadie \
     zane zora александр алексей анна антон борис василий виктор владимир дмитрий евгений иван \
     иосиф лев марина михаил николай ольга осип павел сергей федор юрий",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_is_sorted_and_holds_its_words() {
        let lists = [
            NAME_SUFFIXES,
            DEGREES,
            HONORIFICS,
            DIGNITIES,
            CORPORATE,
            ROLES,
            PARTICLES,
            SERIES_NOUNS,
            VOLUME_NOUNS,
            EDITION_NOUNS,
            EDITION_WORDS,
            CONNECTORS,
            LEADING_ARTICLES,
            MOVED_ARTICLES,
            GIVEN_NAMES,
        ];
        for list in lists {
            assert!(list.is_sorted(), "{}", list.0);
            let words: Vec<&str> = list.0.split(' ').collect();
            for word in &words {
                assert!(list.contains(word), "{word}");
                for other in [format!("{word}a"), format!("a{word}"), String::new()] {
                    assert_eq!(list.contains(&other), words.contains(&other.as_str()), "{other}");
                }
            }
        }
        assert!(!SortedWordList::new("").contains(""));
        assert!(!SortedWordList::new("a").contains(""));
    }
}
