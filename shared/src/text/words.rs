//! Word lists, all in folded form.

use std::sync::OnceLock;

use crate::order;

/// A list of words, written as one string: a slice of words costs eight bytes a word more in the
/// wasm. Sorted at its first use, since a query is looked up in several lists of hundreds.
pub(crate) struct Words {
    text: &'static str,
    sorted: OnceLock<Vec<&'static str>>,
}

impl Words {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, sorted: OnceLock::new() }
    }

    /// Whether the list holds a word.
    pub(crate) fn holds(&self, word: &str) -> bool {
        let sorted = self.sorted.get_or_init(|| {
            let mut words: Vec<&str> = self.text.split_ascii_whitespace().collect();
            order::sort(&mut words);
            words
        });
        sorted.binary_search(&word).is_ok()
    }
}

/// What follows a name to tell father from son: kept in keys.
pub(crate) static GENERATIONS: Words = Words::new("jr sr junior senior ii iii iv");

/// Degrees and orders after a name, dots removed: dropped.
pub(crate) static DEGREES: Words = Words::new(
    "md phd dphil edd ma mba msc bsc ba rn mph jd esq dds dvm psyd \
    obe cbe mbe kbe frs rd lcsw facp dmin thd mfa ms llb llm pe cpa sj op osb ocd",
);

/// Titles before a name, ignored when two names are compared.
pub(crate) static HONORIFICS: Words = Words::new(
    "sir dame dr prof professor mr mrs ms miss rev reverend lord \
    lady saint st fr father sister brother capt captain col colonel gen general",
);

/// Dignities that follow a name after a comma ("Prince Harry, The Duke of Sussex").
pub(crate) static DIGNITIES: Words = Words::new(
    "duke duchess earl count countess baron baroness viscount \
    marquis marquess prince princess king queen emperor empress pope bishop archbishop lord lady \
    saint abbot",
);

/// Words that show a body, not a person, in what follows a comma ("Little, Brown and Company").
pub(crate) static CORPORATE: Words = Words::new(
    "inc ltd llc llp plc gmbh ag sa co company corporation corp \
    press publishers publishing publications books university college institute association \
    society foundation council committee department ministry museum staff editors",
);

/// What a bracket after an author's name says.
pub(crate) static ROLES: Words = Words::new(
    "editor ed eds editors translator trans translated tr narrator \
    narrated reader read illustrator illustrated illus author foreword introduction intro \
    afterword contributor preface adapter adapted photographer artist pseud pseudonym goodreads \
    compiler creator writer colorist letterer",
);

/// Name particles: part of a surname, never the evidence of a title.
pub(crate) static PARTICLES: Words = Words::new(
    "de del della da dal dalla di du des dos das do van von vom der \
    den ter ten te zu zum la le les lo el al bin ibn ben bint af av y e mac mc st saint san santa",
);

/// Names of series, as the last word in a bracket.
pub(crate) static SERIES_NOUNS: Words = Words::new(
    "series trilogy saga cycle chronicles quartet duology \
    sequence tetralogy quintet universe",
);

/// What stands before the number of a volume.
pub(crate) static VOLUME_NOUNS: Words = Words::new(
    "book bk vol volume tome part band bd teil livre libro \
    number no nr n episode deel tomo",
);

/// Numbers of a volume that are not written in digits.
pub(crate) static NUMBERS: Words = Words::new(
    "i ii iii iv v vi vii viii ix x xi xii one two three four five \
    six seven eight nine ten eleven twelve",
);

/// One of these shows that a bracket or an ending names an edition.
pub(crate) static EDITION_NOUNS: Words = Words::new(
    "edition ed edn paperback hardcover hardback ebook kindle \
    audiobook unabridged abridged illustrated annotated revised deluxe classics reprint ausgabe \
    auflage edicion",
);

/// All words an edition's name is made of.
pub(crate) static EDITION_WORDS: Words = Words::new(
    "edition ed edn paperback hardcover hardback ebook kindle \
    audiobook audio cd unabridged abridged illustrated annotated revised updated expanded deluxe \
    special anniversary collectors collector limited reprint large print mass market movie tie in \
    classics classic international international student library binding first second third \
    fourth fifth sixth seventh eighth ninth tenth 1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 20th \
    25th 30th 40th 50th 75th 100th penguin vintage modern oxford worlds world s puffin signet \
    dover wordsworth bantam complete uncut original full color colour edicion ausgabe auflage",
);

/// Articles that a catalogue moves to the end of a title ("Hobbit, The").
pub(crate) static MOVED_ARTICLES: Words = Words::new(
    "the a an le la les un une der die das ein eine el los las \
    il lo gli i het een",
);

/// Given names seen on the covers of many books, over several languages. Not to tell who is a
/// person (nobody can from the form), but to see that an initial after one is an initial.
pub(crate) static GIVEN_NAMES: Words = Words::new(
    "aaron abby abigail adam adrian agatha agnes ahmed aidan alan \
    albert aldous alex alexander alexandra alexandre alfred alice alison allan allen alyssa amanda \
    amelia amos amy ana anais andre andrea andrei andrew andrzej andy angela anita ann anna anne \
    annie anthony antoine anton antonia antonio antony ariel arnold arthur arturo ashley astrid \
    august augustine ava barack barbara barry beatrice ben benjamin bernard bertrand beth betty \
    bill blake bob boris brad brandon brene brent brian bruce bryan burton caleb camille carl \
    carla carlo carlos carol caroline carson cassandra catherine cecelia charles charlie charlotte \
    chimamanda chris christian christina christine christopher chuck cixin claire clara claude \
    clive colin colleen colson connie cormac craig dale dan dana daniel danielle daphne dave david \
    dean deborah denis dennis diana diane dmitri dmitry don donald donna doris dorothy doug \
    douglas dylan edgar edith edmund eduardo edward edwin eiji elena eleanor elias elif elisabeth \
    elizabeth ellen elliot elmore emile emily emma enid eoin eric erica erich erik erin ernest \
    ethan eudora eugene eva evan evelyn felix fernando fiona flannery florence ford frances \
    francesca francis francois frank franz fred frederick friedrich fyodor gabriel gabrielle gail \
    gary gene geoffrey george georges georgette gerald germaine gertrude gillian giovanni glen \
    glenn gloria grace graham greg gregory guillermo gunter gus gustave guy hal han hannah harlan \
    harold harper harriet harry haruki heather hector helen helene henri henrik henry herbert \
    herman hermann hildegard hilary holly homer honore horace howard hugh hugo ian ida ignatius \
    igor ilona immanuel ingrid iris irvin irving isaac isabel isabella isidore italo ivan jack \
    jacob jacqueline jacques jaime james jamie jan jane janet jasper jay jean jeanette jeff \
    jeffrey jen jennifer jenny jeremy jerome jerry jesmyn jesse jessica jhumpa jill jim jo joan \
    joanna joanne jodi joe joel johann johannes john john jojo jon jonas jonathan jordan jorge \
    jose josef joseph josephine joshua joy joyce juan judith judy jules julia julian julie juliet \
    julio jun junot justin karen karin karl kate katherine kathleen kathryn kathy katie kazuo keith \
    kelly ken kenneth kenzaburo kevin khaled kim kingsley kurt kyle lars laura lauren laurence \
    laurie lawrence lee leigh lemony len leo leon leonard leonora leslie lev lewis lillian linda \
    lionel lisa liu liz lois lorraine louis louisa louise lucia lucy ludwig luis luke lydia lynn \
    mackenzie madeleine madeline malcolm marc marcel marcus margaret marge maria marian marie \
    marilynne mario marion marissa mark markus marlon martha martin mary mathilde matt matthew \
    maurice max maxine maya megan melissa mercedes michael michel michelle miguel mihail mikhail \
    mike milan mildred miriam mitch mohsin molly mona monica muriel nadine nancy naomi natalie \
    nathan nathaniel neal ned neil nell nelson ngugi nicholas nick nicola nicole nikolai nina noah \
    noam nora norman octavia olga oliver olivia orhan orson oscar otto pablo pat patricia patrick \
    paul paula paulo pearl penelope percy peter philip philippa phillip pierre primo rachel rainer \
    ralph randall ray raymond rebecca rene rex richard rick rita robert roberto robin rod roger \
    roland roman romain ron ronald rosa rosamund rose rosemary ross roxane roy ruby rudyard rupert \
    russell ruth ryan sally salman sam samantha samuel sandra sara sarah saul scott sean sebastian \
    sergei seth shannon sharon shelley sherman shirley sidney sigmund sigrid simon simone sinclair \
    sofia sophia sophie stanislaw stella stephanie stephen stephenie steve steven stieg stuart sue \
    suki susan susanna suzanne sven sylvia tamsyn tana tara tayari taylor ted terry theodor \
    theodore theresa thomas tim timothy toby todd tom toni tony tove tracy truman umberto upton \
    ursula val valerie vera veronica victor victoria viet viktor vincent virginia vladimir walker \
    wallace walt walter wendy wilbur wilkie will willa william winston wolfgang yaa yann yasunari \
    yevgeny yukio yuval zadie zane zora александр алексей анна антон борис василий виктор владимир \
    дмитрий евгений иван иосиф лев марина михаил николай ольга осип павел сергей федор юрий",
);
