/** Sallyport itself, as policies and `SigninLogs` name it. */
export const sallyportApplicationId = '5a96d9f1-02de-48ff-84f1-137a7cbb9134';
