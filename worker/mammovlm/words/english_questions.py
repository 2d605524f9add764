"""Questions and answers in American English: how a question is read, and the sentences of answers.

The sentences keep to the rules of the patient's text: plain words, no number, no diagnosis, advice
or reassurance.
"""

from typing import Final

from mammovlm.words.question_words import Asked, QuestionPrompt, QuestionWords
from mammovlm.words.shapes import Shape

ANSWER_PATTERNS: Final = {
    Shape.COMPLETE: (
        "all of the usual views were there",
        "none of the usual views was missing",
        "{it} had all of the usual views",
    ),
    Shape.DENSITY_MEANING: (
        "dense tissue looks white and makes {these_pictures} harder to read",
        "the denser the tissue, the harder it is to read {these_pictures}",
        "with dense tissue {these_pictures} are harder to read",
    ),
    Shape.NEXT: (
        "next, a doctor will read {these_pictures}",
        "the next step is that a doctor reads {these_pictures}",
        "after this a doctor will read {these_pictures}",
    ),
    Shape.WRITER: (
        "{program} wrote this answer",
        "this answer comes from {program}",
        "these words come from {program}",
    ),
    Shape.UNCHECKED: (
        "no doctor has checked this answer",
        "this answer has not been checked by a doctor",
    ),
    Shape.FOR_A_DOCTOR: (
        "this question is for a doctor",
        "only a doctor can answer this question",
        "{it} cannot answer this question, but a doctor can",
    ),
    Shape.NO_ANSWER: (
        "{it} has no answer to this question",
        "{it} cannot answer this question",
    ),
    Shape.CAN_SAY: (
        "{it} can tell you about the tissue, the score, {these_pictures} and what comes next",
        "{it} can speak about the tissue, the score, {these_pictures} and what comes next",
    ),
}

_DENSITY = r"\b(dens\w*|fatty|fat|tissues?|glandular)\b"
_SCORE = r"\b(scores?|range|assess\w*)\b"
_MEANS = r"\b(mean|means|meaning|meant|explain|matters?)\b"
_PICTURES = r"\b(pictures?|images?|views?|x-?rays?|photos?|films?)\b"
_READER = r"(a|any|the|my|your) (doctor|radiologist|human|person|physician)"

QUESTIONS: Final = QuestionWords(
    letter="[a-z]",
    for_a_doctor=(
        r"\b(cancer\w*|tumou?rs?|malignan\w*|benign\w*|carcinoma\w*|dcis|lesions?|mass(es)?|"
        r"lumps?|bumps?|cysts?|nodules?|calcif\w*|microcalc\w*|disease\w*|diagnos\w*|abnormal\w*|"
        r"normal\w*|suspicio\w*|bi-?rads|metasta\w*|ill|illness|sick\w*|health\w*|symptoms?|pain)\b",
        r"\b(die|dying|died|dead|deadly|death|surviv\w*|how long (do|will|have)|life|fatal)\b",
        r"\b(should|must|ought|shall|needs?|needed|recommend\w*|advi[cs]e\w*|suggest\w*|decide)\b",
        r"\b(biops\w*|surg\w*|operation|mastectom\w*|remov\w*|treat\w*|therap\w*|chemo\w*|"
        r"radiation|medic\w*|drugs?|pills?|tamoxifen|hormon\w*|supplements?|vitamins?|diet\w*|"
        r"foods?|ultrasound|sonogra\w*|mri|second opinion|how often|prevent\w*|cures?|heal|"
        r"screening|tests?|appointment|pregnan\w*|breastfeed\w*|genes?|brca)\b",
        r"\b(worr\w*|afraid|scared|frighten\w*|panic|serious\w*|danger\w*|harmless|safe|calm|"
        r"concern\w*|alarm\w*|urgent\w*|emergency|cry)\b",
        r"\b(am|is|are|will|be|look|looks) (i|it|this|that|everything|all|they|she|"
        r"(my|the)( \w+){1,3})?\s*"
        r"(be |really )?\b(ok|okay|alright|all right|fine|well|clear)\b",
        r"\b(good|bad|great|terrible|best|worst)\b|\bwrong with\b|\b(something|anything) wrong\b",
        r"\b(chances?|odds|risks?|probab\w*|likel\w*|unlikely)\b",
    ),
    unanswerable=(
        r"\b(last (year|time|exam)|previous\w*|earlier|before|prior|chang\w*|compar\w*|grow\w*|"
        r"worse|better|improv\w*|old)\b",
        r"\b(where|locat\w+|big|size|large|small|spots?|marks?|white|why|cause\w*|reason)\b",
        r"\b(percent\w*|numbers?|digits?|exact\w*|decimals?|out of|average|age)\b|[0-9%]",
        r"\b(price|cost\w*|insur\w*|money|weather|football|president|who is my|phone|address)\b",
        r"\b(ignore|disregard|forget|pretend|imagine|role-?play|act as|acting as|jailbreak|"
        r"override|bypass|instructions?|prompts?|developer mode|you are now|from now on|sudo|"
        r"password|secret|translate|poem|story|joke|code|confirm|admit|promise|swear|guarantee)\b",
        r"<\||\|>|\[/?inst|#{2,}|\b(system|assistant|user):|[{}<>]",
        r"\b(say|tell|repeat|answer|write|reply|respond|state|print)( to)?( me| her| him| them)? "
        r"(that )?(after|i|im|yes|no|only|it is|it's|everything is|there is|with)\b",
        r"\b(other|another|next|previous|someone|else's|neighbou?r\w*|mother\w*|sister\w*)"
        r"( patient\w*| wom[ae]n\w*| person\w*| else\w*|'s\b)",
    ),
    topics={
        Asked.DENSITY: (rf"^(?!.*{_MEANS}).*{_DENSITY}",),
        Asked.DENSITY_MEANING: (
            rf"(?=.*{_MEANS}).*{_DENSITY}",
            r"^what('s| is| are) (breast )?(density|dense)",
        ),
        Asked.SCORE: (
            rf"^(?!.*{_MEANS}).*{_SCORE}",
            r"\bhow (is|are|does|do|did|was|were|about) (my|the|both|its)\b.*\b(breasts?|sides?)\b",
            r"\bwhat (about|of|is (it|there)) .*\bbreasts?\b(?!.*tissue)",
        ),
        Asked.SCORE_MEANING: (rf"(?=.*{_MEANS}).*{_SCORE}",),
        Asked.PICTURES: (
            rf"(?=.*\b(missing|miss|all|which|how many|enough|used?|looked?|complete|every|taken|"
            rf"lack\w*|there)\b).*{_PICTURES}",
        ),
        Asked.NEXT: (
            r"\bnext\b|\bwhat (happens|now|then|follows)\b|\bwhat('s| is) (going to|to) happen",
            r"\bwhat (will|comes)\b|\bwho (will|is going to|reads?|looks?|tells?|decides?)\b",
            rf"\bwhen (will|do|can|does|am)\b|\b(will|does|is) {_READER}\b.*\b"
            r"(read|look|see|check|tell|review|call|going)\w*",
        ),
        Asked.WRITER: (
            r"\bwho (wrote|writes|made|makes|are you|answer\w*|is (writing|answering|this))",
            r"\b(are you|is this|is it|am i \w+ to) (a |an |by |really )*(real |live )?"
            r"(human|doctor|person|robot|computer|machine|program|ai|bot|radiologist|nurse)\b",
            rf"\bwhat are you\b|\b(has|did|have) {_READER}\b.*\b"
            r"(check|read|seen|see|look|review|writ|wrote|approv)\w*",
        ),
        Asked.LIMIT: (
            r"\b(wrong|mistakes?|mistaken|errors?|accura\w*|inaccura\w*|reliab\w*|trust\w*|"
            r"correct\w*|certain\w*|sure|fail\w*)\b",
            r"\b(is|are) (that|this|it|you|they) (right|true)\b",
        ),
        Asked.SUMMARY: (
            rf"\bwhat (do|did|does) (the|my|these|those) ({_PICTURES}|mammograms?|scans?|exams?) "
            r"(show|say|mean|tell)",
            r"\b(results?|reports?|findings?|summar\w*|overview|everything)\b",
            r"\bwhat (did|does|do|has|have) (it|you|the (computer|program|ai|software|machine)) "
            r"(find|found|see|seen|saw|show|say|notice)|\bwhat was (found|seen|there)\b",
            r"\b(about|of|explain) (my|the|this) (mammograms?|scans?|exams?|breasts)$",
        ),
        Asked.HELP: (
            r"\bwhat (can|may|could) (i|you)\b|^help\b|\bhelp me\b|\bcan you help\b",
            r"\bwhat (questions?|else)\b|\bhow does this work\b|^(hello|hi|thanks?)\b|thank you",
        ),
    },
    sides={
        "R": (r"(?<!that )(?<!this )(?<!it )(?<!all )(?<!you )\bright\b(?! now| away)",),
        "L": (r"\bleft\b",),
        "RL": (r"\bboth\b", r"\beach\b"),
    },
    meaning=(
        r"\bwhat (does|do|did) (that|this|it|they|those|you) mean$|^mean(ing|s)?$",
        r"^(please |can you |could you )?explain( that| this| it)?( to me)?( please)?$",
        r"\b(in plain words|(do not|don't|did not|didn't) (understand|get))\b|^what$",
    ),
    again=(r"\b(again|repeat|once more|pardon)\b",),
    longest_follow_up=48,
    prompt=QuestionPrompt(
        before='Before: "{question}" "{answer}"',
        asked='Asked: "{question}"',
        task="Tell the patient: {topics}.",
        free_task="Tell the patient the answer.",
    ),
)
